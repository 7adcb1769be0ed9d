"""What Tidepool spot allows a client."""

from tapeline.adapters.connection.dialect import ConnectRate, Limits, RestLimits

TOPICS_PER_REQUEST_MAX = 3

LIMITS = Limits(
    streams_per_connection=8,
    streams_per_request=TOPICS_PER_REQUEST_MAX,
    request_spacing_s=0.05,
    connects=ConnectRate(burst=10, per_window=10, window_s=1.0),
)
REST = RestLimits(weight_per_minute=600)
