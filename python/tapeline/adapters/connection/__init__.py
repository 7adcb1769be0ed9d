"""WebSocket connections: one small interface, two libraries behind it, with patience.

Nothing here knows an exchange.
"""
