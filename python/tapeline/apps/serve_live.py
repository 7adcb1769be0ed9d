"""The live socket of ``tapeline serve``: hub, feed and route, wired."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter

from tapeline.api.auth import Tokens
from tapeline.api.live.gate import Gate
from tapeline.api.live.hub import Hub
from tapeline.api.live.inlet import Inlet
from tapeline.api.live.server import uvicorn_options
from tapeline.api.live.settings import LiveSettings
from tapeline.api.live.socket import MarketSocket
from tapeline.api.origins import Origins
from tapeline.api.ports import StageFact, StreamFact, StreamState
from tapeline.apps.live_feed import FeedLag, FeedSettings, LiveFeed
from tapeline.apps.live_streams import SILENCE_NS, stages_of
from tapeline.telemetry.clock import Clock
from tapeline.telemetry.metrics import Metrics, Reading
from tapeline.transport.uris import parse_uri


class ServeLive:
    """A live socket that begins to read its bus with the application and ends with it.

    It is the :class:`~tapeline.api.ports.LiveView` of the application.

    Parameters
    ----------
    feed
        The bus and how it is read.
    tokens
        Who may connect; None where everybody who reaches the server may.
    origins
        Names the server is known by, and pages elsewhere that may connect.

    Raises
    ------
    SettingsError
        The address of the bus is not one of the allowed forms.
    """

    def __init__(
        self,
        feed: FeedSettings,
        clock: Clock,
        settings: LiveSettings | None = None,
        *,
        tokens: Tokens | None = None,
        origins: Origins | None = None,
    ) -> None:
        parse_uri(feed.transport)
        self._feed_settings = feed
        self._clock = clock
        self.hub = Hub(settings)
        self.socket = MarketSocket(self.hub, Gate(self.hub.settings, clock, tokens, origins), clock)
        self.lag = FeedLag()
        self.feed: LiveFeed | None = None
        """None before the application has begun."""

    @property
    def server_options(self) -> dict[str, Any]:
        """What :class:`uvicorn.Config` needs."""
        return uvicorn_options(self.hub.settings)

    def router(self) -> APIRouter:
        """Return the route, which brings the feed's beginning and end with it."""
        router = APIRouter(lifespan=self._lifespan)
        router.include_router(self.socket.router())
        return router

    def show_in(self, metrics: Metrics) -> None:
        """Show the feed and what clients were sent."""
        metrics.read_from(self._readings)
        metrics.latency("tapeline_api_live_bus_seconds", self.lag.bus)
        metrics.latency("tapeline_api_live_encoding_seconds", self.lag.encoding)
        metrics.latency("tapeline_api_live_handing_seconds", self.lag.handing)

    def _readings(self) -> Iterator[Reading]:
        counts = self.socket.counts
        yield "tapeline_api_live_feed_up", {}, self.is_connected
        yield "tapeline_api_live_events", {}, self.hub.events
        yield "tapeline_api_live_skipped_events", {}, counts.losses.skipped
        yield "tapeline_api_live_conflations", {}, counts.losses.conflated
        for reason, count in counts.ended.items():
            yield "tapeline_api_live_ended_clients", {"reason": reason}, count

    @property
    def is_connected(self) -> bool:
        """Whether the bus answers."""
        return self.feed is not None and self.feed.is_connected

    @property
    def clients(self) -> int:
        """How many clients are connected."""
        return self.hub.clients

    def streams(self) -> Sequence[StreamFact]:
        """Return the state of each stream."""
        if self.feed is None:
            return []
        now_ns = self._clock.monotonic_ns()
        facts = []
        for (exchange, market, symbol, event_type), seen in self.feed.streams.read():
            age_ns = now_ns - seen.seen_ns
            facts.append(
                StreamFact(
                    type=event_type,
                    exchange=exchange,
                    market=market,
                    symbol=symbol,
                    state=_state(event_type, age_ns),
                    rows=seen.rows,
                    last_sent_ns=seen.last_sent_ns,
                    age_ns=age_ns,
                    rows_per_s=seen.rate.per_s(now_ns),
                    stages=stages_of(seen.samples.of_minute(now_ns)),
                )
            )
        return facts

    def stages(self) -> Sequence[StageFact]:
        """Return how long the stages take, of all streams together."""
        return [] if self.feed is None else self.feed.streams.stages(self._clock.monotonic_ns())

    @asynccontextmanager
    async def _lifespan(self, _: object) -> AsyncIterator[None]:
        inlet = Inlet(self.hub, asyncio.get_running_loop())
        self.feed = LiveFeed(self._feed_settings, self.hub, inlet, self._clock, self.lag)
        self.feed.start()
        try:
            yield
        finally:
            await asyncio.to_thread(self.feed.close)


def _state(event_type: str, age_ns: int) -> StreamState:
    most = SILENCE_NS.get(event_type)
    return "stale" if most is not None and age_ns > most else "live"
