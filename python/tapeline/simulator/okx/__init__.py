"""OKX, as its v5 WebSocket and REST show it; one connection carries all markets."""
