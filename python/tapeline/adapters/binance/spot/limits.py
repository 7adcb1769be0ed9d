"""What Binance spot allows a client, and how much of it we use.

Source: Binance Spot WebSocket Streams, "Websocket Limits", and REST API, "Limits", read November
2026.
"""

from tapeline.adapters.connection.dialect import ConnectRate, Limits, RestLimits

# Breaking these disconnects the client, and repeating it bans the address.
MESSAGES_PER_SECOND_MAX = 5  # pings and pongs count
STREAMS_PER_CONNECTION_MAX = 1_024
CONNECTIONS_PER_5_MIN_MAX = 300
CONNECTION_HOURS_MAX = 24
SERVER_PING_SECONDS = 20  # a pong is due within 60
REST_WEIGHT_PER_MINUTE_MAX = 6_000

LIMITS = Limits(
    streams_per_connection=STREAMS_PER_CONNECTION_MAX,
    streams_per_request=200,
    # Leaves room for the pongs and the idle pings.
    request_spacing_s=0.5,
    connection_hours=CONNECTION_HOURS_MAX,
    # burst + per window stays below CONNECTIONS_PER_5_MIN_MAX.
    connects=ConnectRate(burst=100, per_window=150, window_s=300.0),
)
REST = RestLimits(
    # Half of it: other programs of the same address want some too.
    weight_per_minute=REST_WEIGHT_PER_MINUTE_MAX // 2,
    snapshot_weight=250,  # limit=5000
    tail_snapshot_weight=50,  # limit=1000
    instruments_weight=20,
    weight_header="x-mbx-used-weight-1m",
)
