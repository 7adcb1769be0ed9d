"""Bybit, as its v5 WebSocket and REST show it; one path a category."""
