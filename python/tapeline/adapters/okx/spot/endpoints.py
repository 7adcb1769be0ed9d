"""Addresses of OKX spot markets.

Source: OKX API v5, "Production Trading Services", read November 2026.
"""

STREAM = "wss://ws.okx.com:8443"
PUBLIC = "/ws/v5/public"
# Every single trade, and candles; moved here on 2023-06-20.
BUSINESS = "/ws/v5/business"
