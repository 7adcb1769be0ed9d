"""The façade over the Rust normaliser."""

from collections.abc import Iterable
from typing import Literal, Self, cast

from tapeline import _core
from tapeline._core import PushResult
from tapeline.model import Instrument

__all__ = ["NativeNormalizer", "PushResult"]


class NativeNormalizer(_core.Normalizer):
    """Turns frames of one market into encoded batches; see ``docs/cleaning.md`` for the rules.

    ``push``, ``push_reply``, ``connection``, ``finish``, ``counters``, ``gaps``, ``last_received``,
    ``book_requests``, ``books``, ``book`` and ``topics`` are the Rust methods themselves.

    Parameters
    ----------
    exchange, market
        Tags of the market whose frames are read, e.g. ``binance`` and ``spot``.
    instruments
        The instruments to accept; frames of others are quarantined as ``unknown_symbol``. Their own
        markets may differ where one connection carries several.
    producer
        Names this instance in every batch, with a batch number beside it; at most 256 bytes.
    time_unit
        Unit of the venue's times on this connection.
    future_after_ns, stale_after_ns
        How far an event's time may be from its receive time, in nanoseconds; 0 for
        ``stale_after_ns`` switches that rule off.
    max_frame_bytes
        A longer frame is quarantined.
    keep_raw
        Which events carry the frame they came from.
    book_every
        A snapshot of a kept book is an event after so many updates of it; 0 for never.
    gap_patience_ns
        The record of a gap waits so long, in nanoseconds, for another line to bring what is
        missing; 0 where there is none.

    Raises
    ------
    ArgumentError
        A value is out of range, or the instruments contradict each other.
    """

    def __new__(
        cls,
        *,
        exchange: str,
        market: str,
        instruments: Iterable[Instrument],
        producer: str = "tapeline",
        time_unit: Literal["ms", "us"] = "ms",
        future_after_ns: int = 5_000_000_000,
        stale_after_ns: int = 60_000_000_000,
        max_frame_bytes: int = 4_194_304,
        keep_raw: Literal["imperfect", "all"] = "imperfect",
        book_every: int = 0,
        gap_patience_ns: int = 0,
    ) -> Self:
        """Make a normaliser; no state is shared between instances."""
        try:
            made = super().__new__(
                cls,
                exchange=exchange,
                market=market,
                instruments=[_as_tuple(item) for item in instruments],
                producer=producer,
                time_unit=time_unit,
                future_after_ns=future_after_ns,
                stale_after_ns=stale_after_ns,
                max_frame_bytes=max_frame_bytes,
                keep_raw=keep_raw,
                book_every=book_every,
                gap_patience_ns=gap_patience_ns,
            )
        except OverflowError as error:
            raise _core.ArgumentError(f"a number is out of range: {error}") from error
        return cast(Self, made)

    def learn_instruments(self, instruments: Iterable[Instrument]) -> int:
        """Accept more instruments, and what has changed of those that are known.

        A contract size and a funding interval hold for what is pushed from now on. A book of
        contracts that have another size now is given up with its next message: it needs a snapshot.

        Returns
        -------
        int
            How many were not known.

        Raises
        ------
        ArgumentError
            One contradicts those that are known; then none was taken.
        """
        return self.learn([_as_tuple(each) for each in instruments])


def _as_tuple(instrument: Instrument) -> tuple[str, str, str, str | None, int | None]:
    """Return what the core needs of an instrument; a contract size is plain digits."""
    size = instrument.contract_size
    text = None if size is None else format(size, "f")
    names = (instrument.raw_symbol, instrument.symbol, instrument.market)
    return *names, text, instrument.funding_interval_ns
