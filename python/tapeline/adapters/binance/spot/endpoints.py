"""Addresses of Binance spot market data.

Source: Binance Spot WebSocket Streams, "General WSS information", read November 2026.
"""

# Port 443 of the same host serves the same streams.
STREAM = "wss://stream.binance.com:9443"
# Market data only; for standby lines, and for places where the first is not reachable.
STREAM_ALTERNATIVE = "wss://data-stream.binance.vision"

EXCHANGE_INFO_PATH = "/api/v3/exchangeInfo"
TIME_UNIT_QUERY = {"us": "timeUnit=MICROSECOND"}
