"""Bybit spot."""
