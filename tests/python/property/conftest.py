"""Sizes of the property tests: HYPOTHESIS_PROFILE is ``fast`` (the default) or ``slow``."""

import os

from hypothesis import HealthCheck, settings

_SLOW_START = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile(
    "fast", max_examples=60, deadline=None, derandomize=True, suppress_health_check=_SLOW_START
)
settings.register_profile(
    "slow", max_examples=5_000, deadline=None, suppress_health_check=_SLOW_START
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))
