"""What Binance COIN-M futures allow a client, and how much of it we use.

Source: Binance Futures WebSocket Market Streams and REST API, "Limits", read November 2026.
"""

from tapeline.adapters.connection.dialect import ConnectRate, Limits, RestLimits

MESSAGES_PER_SECOND_MAX = 10
# The documents disagree, 1,024 and 200: the smaller one is safe under both.
STREAMS_PER_CONNECTION_MAX = 200
CONNECTION_HOURS_MAX = 24
SERVER_PING_SECONDS = 180  # a pong is due within 600
REST_WEIGHT_PER_MINUTE_MAX = 2_400

LIMITS = Limits(
    streams_per_connection=STREAMS_PER_CONNECTION_MAX,
    streams_per_request=100,
    request_spacing_s=0.25,
    connection_hours=CONNECTION_HOURS_MAX,
    # As on spot: 300 attempts in 5 minutes are too many.
    connects=ConnectRate(burst=100, per_window=150, window_s=300.0),
)
REST = RestLimits(
    # Half of it: other programs of the same address want some too.
    weight_per_minute=REST_WEIGHT_PER_MINUTE_MAX // 2,
    snapshot_weight=20,  # limit=1000
    instruments_weight=1,
    weight_header="x-mbx-used-weight-1m",
)
