"""What all Binance markets share behind the simulator's venue port."""

from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from tapeline.simulator.binance import frames, rest
from tapeline.simulator.binance.book import DepthState
from tapeline.simulator.binance.requests import STREAMS_MAX, Subscriptions, is_stream_name
from tapeline.simulator.binance.session import BinanceSession
from tapeline.simulator.venue import (
    UNKNOWN_STREAM,
    Archive,
    HttpReply,
    Limits,
    Refusal,
    Session,
    StreamState,
)
from tapeline.tape import TapeFrame


class BinanceVenue:
    """A Binance market: WebSocket market streams under ``/ws`` and ``/stream``, and REST.

    A market is a subclass that sets the attributes.

    Parameters
    ----------
    limits
        The venue's limits; Binance's published ones by default.

    Attributes
    ----------
    rest
        What the market's REST side looks like.
    routes
        Path prefix of the WebSocket side -> whether it serves a stream.
    streams_max
        Streams one connection may have.
    published
        The market's limits.
    """

    rest: rest.RestMarket
    routes: ClassVar[dict[str, frozenset[str] | None]] = {"": None}
    streams_max = STREAMS_MAX
    published = Limits()

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or self.published

    @property
    def limits(self) -> Limits:
        """Return the limits the server holds its clients to."""
        return self._limits

    def stream(self, frame: TapeFrame) -> str | None:
        """Return a recorded frame's stream; None for REST replies and answers to requests."""
        return frames.stream_of(frame.raw, frame.url) if frame.kind == "ws" else None

    def native_ids(self, frame: bytes) -> tuple[int, int] | None:
        """Return the trade, aggregate or book update ids of a frame."""
        return frames.native_ids(frame)

    def always(self, stream: str) -> bool:
        """Say whether everyone gets the stream: damaged frames and shutdown notices."""
        return stream in (UNKNOWN_STREAM, frames.SHUTDOWN_STREAM)

    def exchange_ns(self, frame: bytes) -> int | None:
        """Return the event time ``E`` in nanoseconds."""
        return frames.event_ns(frame)

    def open(self, target: str) -> Session | Refusal:
        """Judge a connection's path and query."""
        parts = urlsplit(target)
        query = parse_qs(parts.query, keep_blank_values=True)
        unit = query.get("timeUnit", [""])[0].upper()
        if unit not in ("", *frames.CONVERSIONS):
            return Refusal(400, f"timeUnit must be MICROSECOND or MILLISECOND, was {unit}")
        for prefix, kinds in self.routes.items():
            path = parts.path.removeprefix(prefix)
            if not parts.path.startswith(prefix):
                continue
            if path == "/stream":
                return self._session(query.get("streams", [""])[0], kinds, unit, is_combined=True)
            if path == "/ws" or path.startswith("/ws/"):
                return self._session(unquote(path[4:]), kinds, unit, is_combined=False)
        return Refusal(404, f"no such path: {parts.path} (use /ws, /ws/<stream> or /stream)")

    def state(self, stream: str) -> StreamState | None:
        """Return a book for a diff depth stream."""
        return DepthState() if frames.family(stream).endswith("@depth") else None

    def seeds(self, reply: TapeFrame, stream: str) -> bool:
        """Say whether a reply is a depth snapshot of the stream's symbol."""
        parts = urlsplit(reply.url.removeprefix("synthetic:"))
        symbol = parse_qs(parts.query).get("symbol", [""])[0].lower()
        return parts.path == f"{self.rest.prefix}/depth" and stream.startswith(f"{symbol}@depth")

    def reply(self, target: str, archive: Archive, *, is_stale: bool = False) -> HttpReply:
        """Answer a REST request."""
        return rest.reply(self.rest, target, archive, is_stale=is_stale)

    def restarted(self, state: StreamState, frames: Sequence[bytes]) -> None:
        """Return None: Binance numbers its updates through."""

    def _session(
        self, names: str, kinds: frozenset[str] | None, unit: str, *, is_combined: bool
    ) -> Session | Refusal:
        streams = [name for name in names.split("/") if name]
        wrong = [name for name in streams if not is_stream_name(name)]
        if wrong:
            return Refusal(400, f"not a stream name: {wrong[0]}")
        if len(streams) > self.streams_max:
            return Refusal(
                400, f"{len(streams)} streams, at most {self.streams_max} on one connection"
            )
        subscriptions = Subscriptions(
            streams, is_combined=is_combined, streams_max=self.streams_max
        )
        return BinanceSession(
            subscriptions, unit, lambda name: kinds is None or _kind(name) in kinds
        )


def _kind(stream: str) -> str:
    """Return what a stream tells, without depth and speed: ``depth`` of ``btcusdt@depth20@0ms``."""
    name = stream.removeprefix("!") if stream.startswith("!") else stream.partition("@")[2]
    return name.partition("@")[0].rstrip("0123456789")
