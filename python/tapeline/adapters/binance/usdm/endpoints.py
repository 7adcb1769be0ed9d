"""Addresses of Binance USDⓈ-M futures.

Source: "Important WebSocket Change Notice" of 2026-03-06: since 2026-04-23 the streams live on two
paths, and a stream asked for on the wrong one is acknowledged and silent.
"""

STREAM = "wss://fstream.binance.com"
# Books and best prices.
PUBLIC = "/public"
# Trades, mark prices, liquidations.
MARKET = "/market"
