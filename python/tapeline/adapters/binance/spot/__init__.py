"""Binance spot: addresses, limits, instruments and dialect."""
