"""What Binance spot allows a client, and how much of it we use.

Source: Binance Spot WebSocket Streams, "Websocket Limits", read November 2026.
"""

# Breaking these disconnects the client, and repeating it bans the address.
MESSAGES_PER_SECOND_MAX = 5  # pings and pongs count
STREAMS_PER_CONNECTION_MAX = 1_024
CONNECTIONS_PER_5_MIN_MAX = 300
CONNECTION_HOURS_MAX = 24
SERVER_PING_SECONDS = 20  # a pong is due within 60

# One SUBSCRIBE in this many seconds leaves room for the pongs and the idle pings.
SUBSCRIBE_SPACING_S = 0.5
SUBSCRIBE_STREAMS_MAX = 200
# More streams than this are subscribed by message: proxies cut addresses at about 8 KiB.
URL_STREAMS_MAX = 100
# burst + per window stays below CONNECTIONS_PER_5_MIN_MAX.
CONNECT_BURST = 100
CONNECTS_PER_WINDOW = 150
CONNECT_WINDOW_S = 300.0
