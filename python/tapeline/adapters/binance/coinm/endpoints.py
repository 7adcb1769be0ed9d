"""Addresses of Binance COIN-M futures.

Source: Binance COIN-M Futures WebSocket Market Streams, read November 2026: one path for all.
"""

STREAM = "wss://dstream.binance.com"
