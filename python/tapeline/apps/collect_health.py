"""Whether a collector does its work: its streams, its bus, its loop."""

from collections.abc import Callable, Iterable, Sequence

from tapeline.apps.collect_readings import StreamReading
from tapeline.telemetry.health import Check


class StreamChecks:
    """One check a required subscription: red while it is silent for longer than it may be.

    Parameters
    ----------
    streams
        Gives the subscriptions of this moment.
    required
        Symbols, as the venue or we spell them; None for all subscriptions.
    symbol_of
        Our spelling by the venue's.
    """

    def __init__(
        self,
        streams: Callable[[], Iterable[StreamReading]],
        required: Sequence[str] | None,
        symbol_of: dict[str, str],
    ) -> None:
        self._streams = streams
        self._required = None if required is None else frozenset(each.upper() for each in required)
        self._symbol_of = symbol_of

    def check(self) -> list[Check]:
        """Return the checks of this moment."""
        return [
            Check(
                f"stream {each.exchange}:{each.market} {each.symbol}@{each.channel}",
                not each.is_stale,
                f"nothing came for {each.silence_s:.1f} s, {each.allowed_s:.1f} s are allowed"
                if each.is_stale
                else "",
            )
            for each in self._streams()
            if self._is_required(each.symbol)
        ]

    def _is_required(self, raw_symbol: str) -> bool:
        if self._required is None:
            return True
        names = {raw_symbol.upper(), self._symbol_of.get(raw_symbol, raw_symbol).upper()}
        return not names.isdisjoint(self._required)
