"""Trades with the book as it was before them."""

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from tapeline.compute.bars import as_table, check_one_instrument
from tapeline.errors import ArgumentError

__all__ = ["asof_places", "join_asof"]

Times = NDArray[np.int64]


def asof_places(
    times: Times, known_times: Times, *, delay_ns: int = 0, max_age_ns: int | None = None
) -> NDArray[np.int64]:
    """Find what was known last before each moment.

    Parameters
    ----------
    times
        Moments, in any order.
    known_times
        Times at which something became known, in order.
    delay_ns
        How long it takes to be known here, 0 or more.
    max_age_ns
        What is older than this, without the delay, is not used.

    Returns
    -------
    numpy.ndarray, shape (len(times),)
        The place of the last one with ``known_time + delay_ns < time``; -1 where there is none. One
        of the same moment may have been caused by it and is not used.

    Raises
    ------
    ArgumentError
        `known_times` are not in order, or `delay_ns` or `max_age_ns` is negative.
    """
    _check_whole("delay_ns", delay_ns)
    _check_whole("max_age_ns", 0 if max_age_ns is None else max_age_ns)
    if np.any(known_times[1:] < known_times[:-1]):
        raise ArgumentError("what is joined must be in order of time")
    places = np.searchsorted(known_times, times - delay_ns, side="left").astype(np.int64) - 1
    if max_age_ns is not None and len(known_times):
        is_old = times - known_times[np.maximum(places, 0)] > max_age_ns
        places[is_old] = -1
    return places


def join_asof(
    trades: Any,  # noqa: ANN401 (any Arrow table)
    books: Any,  # noqa: ANN401
    *,
    time: str = "timestamp_ns",
    delay_ns: int = 0,
    max_age_ns: int | None = None,
) -> pa.Table:
    """Give each trade the last state of the book before it, exactly as it is.

    Parameters
    ----------
    trades
        Arrow table or Polars frame of one instrument.
    books
        Of the same instrument, in order of time, such as best bids and asks.
    time
        The column of both that orders them: ``timestamp_ns``, the exchange's time, or
        ``received_ns``, ours.
    delay_ns, max_age_ns
        See :func:`asof_places`.

    Returns
    -------
    pyarrow.Table
        The trades, with the columns of `books` that they do not have; its time is ``book_ns``.
        Null where no state is known.

    Raises
    ------
    ArgumentError
        A table has no such time, or a null in it; the books are not in order, or a table is of
        several instruments.
    """
    left, right = as_table(trades, "trades"), as_table(_without_views(books), "books")
    check_one_instrument(left, "joined trades")
    check_one_instrument(right, "joined books")
    places = asof_places(
        _times(left, time, "trades"),
        _times(right, time, "books"),
        delay_ns=delay_ns,
        max_age_ns=max_age_ns,
    )
    taken = pa.array(places, mask=places < 0)
    joined = left.append_column("book_ns", right[time].take(taken))
    for name in right.column_names:
        if name not in joined.column_names:
            joined = joined.append_column(name, right[name].take(taken))
    return joined


def _check_whole(name: str, found: int) -> None:
    if not isinstance(found, (int, np.integer)):
        raise ArgumentError(f"{name} must be an integer, was {found!r}")
    if found < 0:
        raise ArgumentError(f"{name} must be >= 0, was {found}")


def _without_views(rows: Any) -> Any:  # noqa: ANN401 (any Arrow table)
    """Return rows whose texts Arrow can take some of: those of Polars are views."""
    return rows.to_arrow() if isinstance(rows, pl.DataFrame) else rows


def _times(table: pa.Table, name: str, what: str) -> Times:
    if name not in table.column_names:
        raise ArgumentError(f"{what} have no column {name}")
    if table[name].null_count:
        raise ArgumentError(f"{name} is null in {table[name].null_count} {what}")
    times: Times = table[name].cast(pa.int64()).to_numpy()
    return times
