"""How many requests came, what became of them, and how long they took."""

from typing import Any, Final

from tapeline.telemetry.clock import Clock
from tapeline.telemetry.latency import LatencyHistogram
from tapeline.telemetry.metrics import Metrics

_OTHER: Final = "other"


class Requests:
    """Counts requests by route and status.

    Routes are those of the application; every other path is ``other``, so that nobody can make
    series by asking for many paths.
    """

    def __init__(self, metrics: Metrics, clock: Clock) -> None:
        self._metrics = metrics
        self._clock = clock
        self._seconds: dict[str, LatencyHistogram] = {}

    def begin(self) -> int:
        """Return the time a request began."""
        return self._clock.monotonic_ns()

    def end(self, scope: Any, status: int, begun_ns: int) -> None:  # noqa: ANN401 - an ASGI scope
        """Count a request."""
        path = getattr(scope.get("route"), "path", _OTHER)
        route = path if path.startswith(("/api/", "/ws/")) else _OTHER
        self._metrics.counter("tapeline_api_requests_total", route=route, status=str(status)).inc()
        if route not in self._seconds:
            self._seconds[route] = self._metrics.latency(
                "tapeline_api_request_seconds", route=route
            )
        self._seconds[route].record(self._clock.monotonic_ns() - begun_ns)
