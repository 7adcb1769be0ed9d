"""What ``tapeline serve`` shows to scrapes and health checks."""

from collections import Counter
from collections.abc import Iterator

from tapeline.api.context import Context
from tapeline.api.health import health_of
from tapeline.telemetry.clock import Clock
from tapeline.telemetry.health import Beat, Check, Health
from tapeline.telemetry.metrics import Metrics, Reading


class ServeReadings:
    """The server's metrics and health.

    Parameters
    ----------
    context
        The application's.
    """

    def __init__(self, context: Context, metrics: Metrics, clock: Clock) -> None:
        self._context = context
        self._beat = Beat("loop", clock.monotonic_ns)
        self.health = Health()
        self.health.live_when(self._beat.check)
        self.health.ready_when(self._checks)
        metrics.read_from(self.read)

    async def tick(self) -> None:
        """Say that the event loop goes round."""
        self._beat.tick()

    def read(self) -> Iterator[Reading]:
        """Return the readings of a scrape."""
        queries, live = self._context.queries, self._context.live
        yield "tapeline_api_queries_answered", {}, queries.answered
        yield "tapeline_api_queries_refused", {}, queries.refused
        yield "tapeline_api_queries_running", {}, queries.running
        yield "tapeline_api_queries_waiting", {}, max(0, queries.admitted - queries.running)
        if live is None:
            return
        yield "tapeline_api_live_clients", {}, live.clients
        for state, count in Counter(each.state for each in live.streams()).items():
            yield "tapeline_api_live_streams", {"state": state}, count

    def _checks(self) -> list[Check]:
        found = health_of(self._context)["checks"]
        return [Check(each["name"], each["status"] == "ok", each["detail"]) for each in found]
