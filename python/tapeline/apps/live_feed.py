"""Reads the bus for the live socket, in a thread of its own."""

import threading
from dataclasses import dataclass, field
from typing import Final

from tapeline.api.live.encoder import LEVELS, Encoder
from tapeline.api.live.hub import FeedStatus, Hub
from tapeline.api.live.inlet import Inlet
from tapeline.apps.batch_reader import Batch, BatchReader
from tapeline.apps.bus_reader import Bus, open_bus
from tapeline.apps.live_decoding import LiveDecoder
from tapeline.apps.live_streams import LiveStreams
from tapeline.errors import TransportError
from tapeline.telemetry.clock import Clock
from tapeline.telemetry.latency import LatencyHistogram
from tapeline.telemetry.log import logger

_LOG: Final = logger("tapeline.apps.live")
_TYPES: Final = ("trade", "orderbook", "funding", "liquidation", "coverage")
_REPORT_NS: Final = 1_000_000_000
_JOIN_S: Final = 30.0
_REMEMBERED: Final = 1024
"""Batches of each topic that are known again: a server runs for long and has many topics."""
_REST: Final = 1.0
"""A pause is so many times as long as the work before it: encoding, and sending to all clients.
Twice as long took 0.04 cores less and 16 ms more, with 500 clients."""
_FEW: Final = 200
"""Fewer messages at once are all there is: there is time to gather."""


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """How the bus is read."""

    transport: str
    """Its address."""
    warmup_messages: int = 20_000
    """Order-book messages of each topic read back at the start: a snapshot is among them, or the
    book is not live until the next one."""
    wait_s: float = 0.02
    """For messages; also how long a book that is due may wait."""
    least_gather_s: float = 0.005
    """Between two readings, at least: what comes meanwhile of a topic is one frame."""
    most_gather_s: float = 0.03
    book_every_s: float = 0.05
    """A book is published at most so often."""
    book_levels: int = LEVELS
    """Levels a side that clients see."""
    again_after_s: float = 1.0
    """Between attempts to open a bus that is away."""


@dataclass(slots=True)
class FeedLag:
    """How long things take on their way, in nanoseconds; see docs/live-socket.md."""

    bus: LatencyHistogram = field(default_factory=LatencyHistogram)
    """From sent by the collector to read here; compares the clocks of two processes."""
    encoding: LatencyHistogram = field(default_factory=LatencyHistogram)
    """From read to encoded: decoding, books, frames."""
    handing: LatencyHistogram = field(default_factory=LatencyHistogram)
    """From encoded to taken by the event loop's queue."""


class LiveFeed:
    """Gives a hub what comes on the bus.

    Begins at the newest position, with books warmed up from what lies before. While the bus is away
    the hub is told so, and it is opened again until it answers.
    """

    def __init__(
        self,
        settings: FeedSettings,
        hub: Hub,
        inlet: Inlet,
        clock: Clock,
        lag: FeedLag | None = None,
    ) -> None:
        self._settings = settings
        self._hub = hub
        self._inlet = inlet
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live feed", daemon=True)
        self._good_ns = clock.wall_ns()
        self._reported_ns = 0
        self._is_live = False
        self.streams = LiveStreams()
        self.lag = lag if lag is not None else FeedLag()
        self.opened = 0
        """How often the bus was opened."""

    @property
    def is_connected(self) -> bool:
        """Whether the bus answers."""
        return self._is_live

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def close(self) -> None:
        """Stop reading; waits for the thread."""
        self._stop.set()
        self._inlet.close()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                bus = self._open()
                try:
                    self._follow(bus)
                finally:
                    bus.close()
            except TransportError as error:
                self._report(fault=str(error))
            except Exception as error:  # noqa: BLE001 - the outer edge of the thread
                # A defect: said, and reading begins anew.
                _LOG.exception("the live feed failed")
                self._report(fault=f"an internal error: {type(error).__name__}")
            self._stop.wait(self._settings.again_after_s)

    def _open(self) -> Bus:
        back = self._settings.warmup_messages
        bus = open_bus(
            self._settings.transport,
            types=_TYPES,
            clock=self._clock,
            back=lambda topic: back if topic.startswith("orderbook.") else 0,
        )
        self.opened += 1
        return bus

    def _follow(self, bus: Bus) -> None:
        """Read until the feed is closed, or the bus has to be opened again."""
        # Books are begun anew with each opening: what was read meanwhile is not known, and what was
        # read before is read back for them.
        reader = BatchReader(remembered=_REMEMBERED)
        encoder = Encoder(lambda key: key in self._hub.wanted, levels=self._settings.book_levels)
        decoder = LiveDecoder(encoder, int(self._settings.book_every_s * 1e9))
        while not self._stop.is_set():
            messages = bus.read(self._settings.wait_s)
            batches = reader.batches(messages)
            work_s = self._give(batches, decoder)
            self._report("" if messages else bus.fault())
            if len(messages) < _FEW:
                self._stop.wait(self._gather_s(work_s) if messages else 0.0)

    def _gather_s(self, work_s: float) -> float:
        """Return how long to gather: few clients are told at once, many in greater steps."""
        wanted_s = _REST * (work_s + self._inlet.work_s)
        return min(max(wanted_s, self._settings.least_gather_s), self._settings.most_gather_s)

    def _give(self, batches: list[Batch], decoder: LiveDecoder) -> float:
        """Encode and hand over; return how many seconds encoding took."""
        now_ns = self._clock.monotonic_ns()
        if batches:
            self.streams.note(batches, now_ns, self._clock.wall_ns())
            self.lag.bus.record(self._clock.wall_ns() - batches[-1].info.sent_ns, len(batches))
        elif not decoder.has_changed_books:
            return 0.0
        publications = decoder.take(batches)
        publications.extend(decoder.books(now_ns))
        encoded_ns = self._clock.monotonic_ns()
        self._inlet.put(publications)
        if batches:
            self.lag.encoding.record(encoded_ns - now_ns, len(batches))
            handed_ns = self._clock.monotonic_ns()
            self.lag.handing.record(handed_ns - encoded_ns, len(batches))
            self.streams.note_served(handed_ns, handed_ns - now_ns)
        return (encoded_ns - now_ns) / 1e9

    def _report(self, fault: str) -> None:
        """Tell the hub how the feed is, once a second or when it changes."""
        now_ns = self._clock.monotonic_ns()
        is_live = not fault
        if is_live:
            self._good_ns = self._clock.wall_ns()
        if is_live == self._is_live and now_ns - self._reported_ns < _REPORT_NS:
            return
        if not is_live and self._is_live:
            _LOG.warning("the live feed is stale", reason=fault)
        self._is_live, self._reported_ns = is_live, now_ns
        self._inlet.report(FeedStatus(is_live, self._good_ns, fault))
