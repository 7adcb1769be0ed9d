"""When to try again: jittered back-off and a budget of attempts shared by all lines of a host."""

import random
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from tapeline.adapters.connection.dialect import ConnectRate

_NS = 1_000_000_000


class Backoff:
    """Decorrelated jitter: each delay is random between the base and three times the one before.

    During the first minute of an outage the delays stay below ``early_cap_s`` (a short outage is
    over soon and every second is lost data), afterwards below ``late_cap_s``.
    """

    def __init__(
        self,
        random_source: random.Random,
        monotonic_ns: Callable[[], int],
        *,
        base_s: float = 0.1,
        early_cap_s: float = 5.0,
        late_cap_s: float = 30.0,
    ) -> None:
        self._random = random_source
        self._monotonic_ns = monotonic_ns
        self._base_s, self._early_cap_s, self._late_cap_s = base_s, early_cap_s, late_cap_s
        self._previous_s = base_s
        self._since_ns: int | None = None

    def next_delay_s(self) -> float:
        """Return how long to wait before the next attempt, in seconds."""
        now_ns = self._monotonic_ns()
        if self._since_ns is None:
            self._since_ns = now_ns
        is_early = now_ns - self._since_ns < 60 * _NS
        cap_s = self._early_cap_s if is_early else self._late_cap_s
        delay_s = min(cap_s, self._random.uniform(self._base_s, self._previous_s * 3))
        self._previous_s = delay_s
        # Jitter must survive at the cap, or all lines of a host come back in step.
        return delay_s if delay_s < cap_s else self._random.uniform(cap_s / 2, cap_s)

    def succeeded(self) -> None:
        """Start from the base again. Call it when data flowed, not when a socket opened."""
        self._previous_s = self._base_s
        self._since_ns = None


class ConnectBudget:
    """A token bucket over connection attempts.

    With ``burst`` b and ``per_window`` n, no window of ``window_s`` sees more than b + n attempts.
    """

    def __init__(
        self,
        monotonic_ns: Callable[[], int],
        *,
        burst: int,
        per_window: int,
        window_s: float,
    ) -> None:
        self._monotonic_ns = monotonic_ns
        self._burst = float(burst)
        self._per_ns = per_window / (window_s * _NS)
        self._tokens = float(burst)
        self._at_ns = monotonic_ns()

    def reserve_s(self) -> float:
        """Take one attempt and return how long to wait before making it, in seconds."""
        now_ns = self._monotonic_ns()
        gained = (now_ns - self._at_ns) * self._per_ns
        self._tokens = min(self._burst, self._tokens + gained) - 1.0
        self._at_ns = now_ns
        return max(0.0, -self._tokens / self._per_ns / _NS)


class ConnectBudgets:
    """One budget a host and one a remote address, shared by all lines of the process.

    A venue counts what comes from us at its own door: two of its names that lead to one address
    are one door.
    """

    def __init__(self, monotonic_ns: Callable[[], int]) -> None:
        self._monotonic_ns = monotonic_ns
        self._by_host: dict[str, ConnectBudget] = {}

    def reserve_s(self, endpoint: str, remote: str | None, rate: ConnectRate) -> float:
        """Take one attempt and return how long to wait before making it, in seconds.

        Parameters
        ----------
        remote
            IP address that the host's name resolves to; None where it is not known.
        """
        wait_s = self.of(endpoint, rate).reserve_s()
        if remote is None or ip_address(remote).is_loopback:
            return wait_s
        return max(wait_s, self._budget(remote, rate).reserve_s())

    def of(self, endpoint: str, rate: ConnectRate) -> ConnectBudget:
        """Return the budget of an address's host; the first rate heard of a host stands."""
        parts = urlsplit(endpoint)
        # Servers on this machine are told apart by their port: each plays a venue of its own.
        is_local = parts.hostname in ("127.0.0.1", "::1", "localhost")
        host = parts.netloc if is_local else (parts.hostname or endpoint)
        return self._budget(host, rate)

    def _budget(self, name: str, rate: ConnectRate) -> ConnectBudget:
        if name not in self._by_host:
            self._by_host[name] = ConnectBudget(
                self._monotonic_ns,
                burst=rate.burst,
                per_window=rate.per_window,
                window_s=rate.window_s,
            )
        return self._by_host[name]
