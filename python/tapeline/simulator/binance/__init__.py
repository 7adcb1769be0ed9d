"""Simulated Binance markets."""
