"""Bybit inverse contracts, margined in their base coin."""
