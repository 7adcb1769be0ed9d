"""Binance spot behind the simulator's venue port: paths, sessions, frame forms."""

from collections.abc import Sequence
from urllib.parse import parse_qs, unquote, urlsplit

from tapeline.simulator.binance.spot import frames
from tapeline.simulator.binance.spot.requests import STREAMS_MAX, Subscriptions, is_stream_name
from tapeline.simulator.venue import UNKNOWN_STREAM, Answer, Limits, Refusal, Session
from tapeline.tape import TapeFrame


class BinanceSpot:
    """The WebSocket market streams of Binance spot under ``/ws`` and ``/stream``.

    Parameters
    ----------
    limits
        The venue's limits; Binance's published ones by default.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()

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
        if parts.path == "/stream":
            names = query.get("streams", [""])[0]
        elif parts.path == "/ws" or parts.path.startswith("/ws/"):
            names = unquote(parts.path[4:])
        else:
            return Refusal(404, f"no such path: {parts.path} (use /ws, /ws/<stream> or /stream)")
        return _session(names, is_combined=parts.path == "/stream", unit=unit)


def _session(names: str, *, is_combined: bool, unit: str) -> Session | Refusal:
    streams = [name for name in names.split("/") if name]
    wrong = [name for name in streams if not is_stream_name(name)]
    if wrong:
        return Refusal(400, f"not a stream name: {wrong[0]}")
    if len(streams) > STREAMS_MAX:
        return Refusal(400, f"{len(streams)} streams, at most {STREAMS_MAX} on one connection")
    return SpotSession(Subscriptions(streams, is_combined=is_combined), unit)


class SpotSession:
    """One client of the spot streams.

    Parameters
    ----------
    subscriptions
        Its streams and whether it gets them wrapped.
    unit
        ``MICROSECOND`` or ``MILLISECOND`` as asked for in the URL; empty for the unit of the
        recording.
    """

    def __init__(self, subscriptions: Subscriptions, unit: str = "") -> None:
        self._subscriptions = subscriptions
        self._convert = frames.CONVERSIONS.get(unit)
        self._unit = unit

    @property
    def streams(self) -> Sequence[str]:
        """Return the subscribed streams in the order they were asked for."""
        return list(self._subscriptions.streams)

    def answer(self, text: str) -> Answer:
        """Carry out a request and return its answer."""
        return self._subscriptions.answer(text)

    def render(self, recorded: Sequence[tuple[bytes, str]]) -> list[bytes]:
        """Return recorded frames wrapped or bare, in this client's time unit."""
        if self._subscriptions.is_combined:
            rendered = [frames.combined(frame, stream) for frame, stream in recorded]
        else:
            rendered = [frames.data_of(frame) for frame, _ in recorded]
        convert = self._convert
        return rendered if convert is None else [convert(frame) for frame in rendered]

    def shutdown_notice(self, tape_ns: int) -> str:
        """Return ``serverShutdown`` with the tape's time, in this client's unit and form."""
        time = tape_ns // (1_000 if self._unit == "MICROSECOND" else 1_000_000)
        notice = f'{{"e":"serverShutdown","E":{time}}}'
        if not self._subscriptions.is_combined:
            return notice
        return f'{{"stream":"{frames.SHUTDOWN_STREAM}","data":{notice}}}'
