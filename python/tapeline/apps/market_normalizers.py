"""One normaliser a market: a tape may hold frames of several markets of one exchange."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from tapeline.adapters.registry import venue, venue_of_url
from tapeline.apps.normalizer import Normalizer
from tapeline.errors import InstrumentError, TapeError
from tapeline.tape import TapeFrame

#: Before the address in a tape of the generator.
SYNTHETIC = "synthetic:"

Messages = Iterable[tuple[str, bytes, bytes]]


class MarketNormalizers:
    """Sends each line of a tape to the normaliser of its market.

    Parameters
    ----------
    exchange, market
        Tags; ``market`` takes the lines whose address does not name one.
    instruments
        A list, or a tape of lists. None for the lists that come with the package; these also serve
        markets that the given list does not speak of.
    time_unit
        Unit of the venue's times.
    book_every
        Make a snapshot of the rebuilt book after every so many updates; 0 for never.

    Raises
    ------
    ArgumentError
        There is no such market.
    InstrumentError
        The list cannot be read, or has no instrument of ``market``.
    """

    def __init__(
        self,
        exchange: str,
        market: str,
        instruments: Path | None = None,
        *,
        time_unit: Literal["ms", "us"] = "ms",
        book_every: int = 0,
    ) -> None:
        self._venue = venue(exchange, market)
        self._exchange = exchange
        self._market = market
        self._instruments = instruments
        self._options: dict[str, Any] = {"time_unit": time_unit, "book_every": book_every}
        self._normalizers = {market: self._make(market, instruments)}
        self._newest: int | None = None

    def push(self, lines: list[TapeFrame]) -> Iterator[Messages]:
        """Push lines in their order; yield the messages that each call gave.

        Raises
        ------
        TapeError
            A line comes from another exchange.
        """
        received = (line.recv_ns for line in lines if line.recv_ns is not None)
        self._newest = max(received, default=self._newest)
        for (market, kind), run in groupby(lines, lambda line: (self._market_of(line), line.kind)):
            normalizer = self._normalizer(market)
            if kind == "ws":
                frames = list(run)
                yield normalizer.push(
                    [frame.raw for frame in frames], [frame.recv_ns for frame in frames]
                )
            else:
                for reply in run:
                    yield normalizer.push_reply(reply.url, reply.raw, reply.recv_ns)

    def finish(self) -> Iterator[Messages]:
        """End every session; yield the messages that say so."""
        for normalizer in self._normalizers.values():
            yield normalizer.finish(self._newest)

    def gaps(self) -> list[dict[str, Any]]:
        """Return all missing ids, market by market."""
        return [gap for each in self._normalizers.values() for gap in each.gaps()]

    def books(self) -> list[dict[str, Any]]:
        """Return the state of every rebuilt book, market by market."""
        return [book for each in self._normalizers.values() for book in each.books()]

    def counters(self) -> dict[str, Any]:
        """Return the sums of what is counted."""
        sums: dict[str, Any] = {}
        for normalizer in self._normalizers.values():
            for name, value in normalizer.counters().items():
                if isinstance(value, dict):
                    counts: Counter[str] = sums.setdefault(name, Counter())
                    counts.update(value)
                elif isinstance(value, int):
                    sums[name] = sums.get(name, 0) + value
        return sums

    def _market_of(self, line: TapeFrame) -> str:
        known = venue_of_url(line.url.removeprefix(SYNTHETIC), self._venue)
        if known is None:
            return self._market
        if known.exchange != self._exchange:
            raise TapeError(
                f"a line comes from {line.url}: normalize it with --exchange {known.exchange}"
            )
        return known.market

    def _normalizer(self, market: str) -> Normalizer:
        normalizer = self._normalizers.get(market)
        if normalizer is None:
            try:
                normalizer = self._make(market, self._instruments)
            except InstrumentError:
                normalizer = self._make(market, None)
            self._normalizers[market] = normalizer
        return normalizer

    def _make(self, market: str, instruments: Path | None) -> Normalizer:
        return Normalizer(
            exchange=self._exchange, market=market, instruments=instruments, **self._options
        )
