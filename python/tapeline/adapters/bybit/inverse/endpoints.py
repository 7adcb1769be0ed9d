"""Addresses of Bybit inverse contracts.

Source: Bybit API v5, "WebSocket Stream", "Connect", read November 2026: one path a category.
"""

STREAM = "wss://stream.bybit.com"
PUBLIC = "/v5/public/inverse"
