"""What Bybit inverse contracts allow a client, and how much of it we use.

Source: Bybit API v5, "Connect" ("Public channel - Args limits") and "Rate Limit", read November
2026.
"""

from tapeline.adapters.connection.dialect import ConnectRate, Limits, RestLimits

CONNECTIONS_PER_5_MIN_MAX = 500
ARGUMENT_CHARACTERS_MAX = 21_000  # of all topics of one connection

LIMITS = Limits(
    # The venue names no number; a connection's frames must stay one core's work.
    streams_per_connection=200,
    streams_per_request=50,
    stream_characters_per_connection=ARGUMENT_CHARACTERS_MAX - 1_000,
    request_spacing_s=0.1,
    connection_hours=24.0,
    # burst + per window stays below CONNECTIONS_PER_5_MIN_MAX.
    connects=ConnectRate(burst=150, per_window=250, window_s=300.0),
)
# 600 requests in 5 s for an address: far more than is wanted here.
REST = RestLimits(weight_per_minute=600)
