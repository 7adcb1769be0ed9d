"""Where time comes from: the only module that reads a clock.

Everything else takes a :class:`Clock` as an argument, so that a replay or a test decides the time.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """Two clocks that are never mixed: one for stamps, one for intervals."""

    def wall_ns(self) -> int:
        """Return the time of day in Unix UTC nanoseconds; may step in either direction."""
        ...

    def monotonic_ns(self) -> int:
        """Return nanoseconds since an arbitrary start; never goes back."""
        ...


class SystemClock:
    """The machine's clocks.

    The two are the C functions themselves, not methods around them: every frame takes a stamp.
    """

    wall_ns = staticmethod(time.time_ns)
    monotonic_ns = staticmethod(time.monotonic_ns)
