"""One client of Binance streams: what it hears, under which name, in which form."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from tapeline.simulator.binance import frames
from tapeline.simulator.binance.requests import Subscriptions
from tapeline.simulator.venue import Answer


class BinanceSession:
    """One client.

    Parameters
    ----------
    subscriptions
        Its streams and whether it gets them wrapped.
    unit
        ``MICROSECOND`` or ``MILLISECOND`` as asked for in the URL; empty for the unit of the
        recording.
    is_served
        Says whether this connection's path serves a stream; one that it does not serve is
        acknowledged and silent.
    """

    def __init__(
        self,
        subscriptions: Subscriptions,
        unit: str = "",
        is_served: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._subscriptions = subscriptions
        self._convert = frames.CONVERSIONS.get(unit)
        self._unit = unit
        self._is_served = is_served
        self._names: dict[str, str] = {}

    @property
    def streams(self) -> Sequence[str]:
        """Return the subscribed streams in the order they were asked for."""
        return list(self._subscriptions.streams)

    def hears(self, on_tape: Sequence[str]) -> Sequence[bool]:
        """Say which streams it gets.

        A stream of another speed than was recorded is the recorded one under the name asked for.
        """
        present = set(on_tape)
        asked = [name for name in self._subscriptions.streams if self._is_served(name)]
        exact = present.intersection(asked)
        others = {frames.family(name): name for name in asked if name not in exact}
        self._names = {}
        for stream in on_tape:
            if stream in exact:
                self._names[stream] = stream
            elif frames.family(stream) in others:
                self._names[stream] = others.pop(frames.family(stream))
            elif stream.endswith(frames.FORCE_ORDER_SUFFIX) and frames.ALL_FORCE_ORDERS in asked:
                self._names[stream] = frames.ALL_FORCE_ORDERS
        return [stream in self._names for stream in on_tape]

    def answer(self, text: str) -> Sequence[Answer]:
        """Carry out a request and return its answer."""
        answer = self._subscriptions.answer(text)
        recorded = [name for name, asked in self._names.items() if asked in answer.subscribed]
        return [replace(answer, subscribed=(*answer.subscribed, *recorded))]

    def render(self, recorded: Sequence[tuple[bytes, str]]) -> list[bytes]:
        """Return recorded frames wrapped or bare, in this client's time unit."""
        names = self._names
        if self._subscriptions.is_combined:
            rendered = [
                frames.combined(frame, names.get(stream, stream)) for frame, stream in recorded
            ]
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
