"""How lines behave, what all lines of a feed share, and whom one talks to."""

import random
from dataclasses import dataclass, field

from tapeline.adapters.connection.dialect import Dialect
from tapeline.adapters.connection.downstream import Downstream
from tapeline.adapters.connection.health import HealthPolicy
from tapeline.adapters.connection.patience import ConnectBudgets
from tapeline.adapters.connection.ports import Dial, DialOptions
from tapeline.telemetry.clock import Clock
from tapeline.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePolicy:
    """How a line behaves, in seconds unless the name says otherwise.

    Parameters
    ----------
    health
        Deadlines of data and pongs.
    rotate_hours
        A connection is replaced at a random age from 87 % to all of this; the venue cuts at 24.
    ack_timeout_s
        Answer to a SUBSCRIBE.
    overlap_s
        How long a new connection may take to deliver before the old one is closed anyway.
    close_silence_s, close_limit_s, drain_limit_s
        A closing connection is dropped after this long without a frame, or in all: beside another
        one, or at the end of the program.
    healthy_after_s
        Data for this long makes the back-off start from its base again.
    rate_limited_s
        Wait after 418 and 429 without a ``Retry-After``, and after other refusals.
    bad_frames_max, bad_window_s
        More quarantined frames within the window: reconnect, at most once in 6 windows.
    check_s
        Time between two looks at the line's health.
    """

    health: HealthPolicy = field(default_factory=HealthPolicy)
    rotate_hours: float = 23.0
    ack_timeout_s: float = 10.0
    overlap_s: float = 10.0
    close_silence_s: float = 2.0
    close_limit_s: float = 30.0
    drain_limit_s: float = 4.0
    healthy_after_s: float = 10.0
    rate_limited_s: float = 60.0
    bad_frames_max: int = 20
    bad_window_s: float = 10.0
    check_s: float = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class LineContext:
    """What all lines of a feed share."""

    downstream: Downstream
    dial: Dial
    dial_options: DialOptions
    budgets: ConnectBudgets
    clock: Clock
    random_source: random.Random
    metrics: Metrics
    policy: LinePolicy


@dataclass(frozen=True, slots=True)
class LineTarget:
    """Whom a line talks to, and how."""

    dialect: Dialect
    endpoint: str
    path: str = ""
    time_unit: str = "ms"
