"""How long nothing has come, so that ``--idle`` ends a feed that is over and not a slow machine."""

_NS = 1_000_000_000
# A longer step means that this process slept; what came meanwhile has not been read yet.
_STEP_MAX_NS = _NS // 4


class Silence:
    """The time without news, as the sum of the steps between two looks, each limited to 0.25 s.

    Parameters
    ----------
    now_ns
        Monotonic clock.
    """

    def __init__(self, now_ns: int) -> None:
        self._looked_ns = now_ns
        self._news: tuple[int, int] = (0, 0)
        self._silent_ns = 0

    def look(self, now_ns: int, *, frames: int, connections: int, is_waiting: bool) -> int:
        """Return for how long nothing has come, in nanoseconds.

        Parameters
        ----------
        now_ns
            Monotonic clock.
        frames
            Frames with data so far: answers to pings are no news.
        connections
            Connections made so far: each one may bring what the one before did not. The growing
            back-off sees to it that a server that accepts and drops does not keep us for ever.
        is_waiting
            Frames or messages wait on our side: a silent socket means nothing.
        """
        step_ns = max(0, min(now_ns - self._looked_ns, _STEP_MAX_NS))
        self._looked_ns = now_ns
        news = (frames, connections)
        is_silent = news == self._news and not is_waiting
        self._news = news
        self._silent_ns = self._silent_ns + step_ns if is_silent else 0
        return self._silent_ns
