"""What OKX allows a client, and how much of it we use.

Source: OKX API v5, "WebSocket", "Connection count limit" and "Request limit", read November 2026.
"""

from tapeline.adapters.connection.dialect import ConnectRate, Limits, RestLimits

CONNECTS_PER_SECOND_MAX = 3
REQUESTS_PER_HOUR_MAX = 480  # subscribe, unsubscribe and login of one connection
REQUEST_BYTES_MAX = 65_536
IDLE_SECONDS_MAX = 30

LIMITS = Limits(
    # The venue names no number; a connection's frames must stay one core's work.
    streams_per_connection=200,
    streams_per_request=50,
    request_bytes=REQUEST_BYTES_MAX // 2,
    request_spacing_s=0.35,
    # A few are kept back for a reconnect of ours that the venue counts into the same hour.
    requests_per_hour=REQUESTS_PER_HOUR_MAX - 30,
    connection_hours=24.0,
    # In any second no more than 1 + 2.
    connects=ConnectRate(burst=1, per_window=2, window_s=1.0),
)
# A book: 40 requests in 2 s; the instruments: 20 in 2 s. One weight for each, well below both.
REST = RestLimits(weight_per_minute=300)
