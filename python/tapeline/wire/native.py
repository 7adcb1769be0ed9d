"""Read batches: the façade over the Rust decoder."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, final

from tapeline._core import BatchInfo, crc32c, inspect, topic
from tapeline._core import Events as _CoreEvents
from tapeline._core import decode as _decode
from tapeline._core import decode_rows as _decode_rows

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

__all__ = ["BatchInfo", "Events", "crc32c", "decode", "decode_rows", "inspect", "topic"]

_ROWS_SHOWN = 10


@final
class Events:
    """Decoded events of one type, ready for any Arrow library.

    ``pl.DataFrame(events)`` and ``pyarrow.table(events)`` read it without a copy through Python.
    Prices and quantities are ``decimal128(38, 18)``, times Unix UTC nanoseconds (int64), the sides
    of a book lists of structs of price and quantity, best first.
    """

    __slots__ = ("_core",)

    def __init__(self, core: _CoreEvents) -> None:
        self._core = core

    @property
    def event_type(self) -> str:
        """Type of all events, the first token of their topics: ``trade``, ``orderbook``, ..."""
        return self._core.event_type

    @property
    def rejected(self) -> list[tuple[int, str]]:
        """Index and fault of each value left out; filled with ``errors="collect"`` only."""
        return self._core.rejected

    def __len__(self) -> int:
        return len(self._core)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._core.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self._core.__arrow_c_schema__()

    def to_arrow(self) -> "pa.Table":
        """Return the events as a ``pyarrow.Table``, one row an event."""
        import pyarrow as pa

        return pa.table(self)

    def to_polars(self) -> "pl.DataFrame":
        """Return the events as a ``polars.DataFrame``, one row an event."""
        import polars as pl

        return pl.DataFrame(self)

    def __repr__(self) -> str:
        left_out = f", {len(self.rejected)} values rejected" if self.rejected else ""
        return f"<Events: {len(self):,} {self.event_type} events{left_out}>"

    def _repr_html_(self) -> str:
        table = self.to_polars().head(_ROWS_SHOWN)
        return f"<p>{repr(self)[1:-1]}</p>{table._repr_html_()}"


def decode(
    values: Sequence[bytes],
    *,
    event_type: str | None = None,
    errors: Literal["raise", "collect"] = "raise",
) -> Events:
    """Decode the values of bus messages to one table.

    Parameters
    ----------
    values
        Encoded ``MarketDataBatch`` messages; none gives an empty table of trades.
    event_type
        ``trade``, ``orderbook``, ``funding``, ``liquidation``, ``coverage`` or ``quarantine``: read
        these and skip all others. Without it all values must have the same type.
    errors
        What happens to a value that is damaged or no batch: ``raise`` fails the call, ``collect``
        leaves the value out and lists it in ``Events.rejected``.

    Returns
    -------
    Events
        One row an event, in the order of the values.

    Raises
    ------
    DecodeError
        A value is damaged or no batch; the message names its index.
    ArgumentError
        The values have several types, or ``event_type`` is not one of those above.
    """
    return Events(_decode(values, event_type=event_type, errors=errors))


def decode_rows(values: Sequence[bytes], offsets: Sequence[int], event_type: str) -> Events:
    """Decode the values of bus messages of one type to the rows of a store.

    Texts of which there are few (instruments, sides, grades and other enumerations) are
    dictionaries with int32 keys, and two columns follow those of :func:`decode`: ``log_offset``
    (int64) and ``log_index`` (int32, the row's place in its message).

    Parameters
    ----------
    values
        Encoded ``MarketDataBatch`` messages. What is damaged or no batch is left out and listed in
        ``Events.rejected``; batches of other types are skipped.
    offsets
        Where each of them lies on the bus.
    event_type
        As for :func:`decode`.

    Raises
    ------
    ArgumentError
        There is no such type, or not an offset for every value.
    """
    return Events(_decode_rows(values, offsets, event_type))
