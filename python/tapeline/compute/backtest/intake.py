"""Reads one instrument block by block: counted, hashed, and without what has no part in the run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from tapeline.access.frames import Frame, Frames
from tapeline.compute.backtest.blocks import Lane, blocks
from tapeline.compute.backtest.book_feed import LEVELS, read_books
from tapeline.compute.backtest.feed import (
    EVENT_ID,
    SUSPICIOUS,
    Arrays,
    Rows,
    empty_columns,
    read_columns,
)
from tapeline.compute.backtest.native import ContentHash
from tapeline.compute.backtest.quality import Mask, QualityPolicy
from tapeline.compute.backtest.strategy import COLUMNS, Array
from tapeline.errors import BacktestError, DataQualityError

ORDER: Final = tuple(COLUMNS)
"""The types in the order in which rows of one time come."""


class Block(NamedTuple):
    """Rows of every type, as they have a part in the run."""

    arrays: dict[str, Arrays]
    rows_read: int
    """Rows that were read so far, with those of this block and some of the next."""
    is_last: bool
    """Whether it is known that no rows come after it."""


class Intake:
    """The rows of one instrument, in blocks.

    Parameters
    ----------
    frames
        The rows of each type, of this instrument alone.
    columns
        The columns wanted of each type.
    policy, mask
        What is done about suspicious events, and the windows to leave out.
    priced
        The type that needs a price in every row.
    symbol
        For messages.
    cap_bytes
        More than this must not be read; None is without limit.
    with_ids
        Whether rows of the type ``priced`` come with their event ids.
    """

    def __init__(
        self,
        frames: Frames,
        columns: Mapping[str, Sequence[str]],
        policy: QualityPolicy,
        mask: Mask,
        priced: str,
        symbol: str,
        cap_bytes: int | None,
        *,
        with_ids: bool = False,
    ) -> None:
        self._types = [name for name in ORDER if name in columns]
        self._policy = policy
        self._mask = mask
        self._priced = priced
        self._symbol = symbol
        self._cap_bytes = cap_bytes
        self._hashes: dict[tuple[str, str], ContentHash] = {}
        self._single: list[dict[str, Any]] = []
        self._without_time = dict.fromkeys(self._types, 0)
        self._without_price = 0
        self.rows = 0
        self._bytes = 0
        with_quality = policy.suspicious != "allow"
        self._lanes = {
            name: Lane(
                _read(
                    frames[name],
                    columns[name],
                    with_quality=with_quality,
                    with_ids=with_ids and name == priced,
                ),
                lambda batch, name=name: self._see(name, batch),  # type: ignore[misc]
                empty_columns(
                    name,
                    _whole(name, columns[name]),
                    LEVELS,
                    with_quality=with_quality,
                    with_ids=with_ids and name == priced,
                ),
            )
            for name in self._types
        }

    def blocks(self, rows: int) -> Iterator[Block]:
        """Yield the rows that have a part in the run, in blocks of so many rows read.

        Raises
        ------
        DataQualityError
            The policy refuses suspicious events, and there is one.
        """
        for block in blocks(self._lanes, rows):
            kept = {name: self._kept(name, arrays) for name, arrays in block.items()}
            is_last = not any(lane.rows or lane.is_open for lane in self._lanes.values())
            yield Block(kept, self.rows, is_last)

    def hashes(self) -> dict[str, str]:
        """Return the hash of each column read."""
        return {
            f"{event_type}.{name}": each.hexdigest()
            for (event_type, name), each in sorted(self._hashes.items())
        }

    def excluded(self) -> list[Mapping[str, Any]]:
        """Return what had no part, as rows of the result."""
        found: list[Mapping[str, Any]] = [*self._mask.rows(self._symbol), *self._single]
        counts = [(name, "no time", count) for name, count in self._without_time.items()]
        counts.append((self._priced, "no price", self._without_price))
        for event_type, reason, count in counts:
            if count:
                found.append(self._row(event_type, None, reason, count))
        return found

    def _see(self, event_type: str, batch: Rows) -> None:
        self.rows += len(batch.arrays["time_ns"])
        self._without_time[event_type] += batch.without_time
        for name, values in batch.arrays.items():
            self._bytes += values.nbytes
            if name == EVENT_ID:
                continue
            known = self._hashes.setdefault((event_type, name), ContentHash())
            known.update(pa.table({name: values.reshape(-1)}))
        if self._cap_bytes is not None and self._bytes > self._cap_bytes:
            raise BacktestError(
                f"{self._symbol}: the strategy wants all rows at once, and they are more than"
                f" {self._cap_bytes:,} bytes: give it a LOOKBACK, make it a class, or raise"
                " memory_cap_bytes"
            )

    def _kept(self, event_type: str, arrays: Arrays) -> Arrays:
        times = arrays["time_ns"]
        suspicious = arrays.get(SUSPICIOUS)
        keep = self._mask.keep(times)
        if suspicious is not None and suspicious.any():
            keep = self._without_suspicious(event_type, times, suspicious, keep)
        if event_type == self._priced:
            keep = self._with_price(event_type, arrays, keep)
        if keep is None:
            return arrays
        return {name: each[keep] for name, each in arrays.items()}

    def _without_suspicious(
        self, event_type: str, times: Array, suspicious: Array, keep: Array | None
    ) -> Array | None:
        found = suspicious != 0 if keep is None else (suspicious != 0) & keep
        if not found.any():
            return keep
        places = np.flatnonzero(found)
        if self._policy.suspicious == "refuse":
            first = self._row(event_type, int(times[places[0]]), "suspicious", 1)
            raise DataQualityError(
                f"{self._symbol}: the policy refuses suspicious events, and there is a"
                f" {event_type} at {first['start_ns']} ns. Mask them with policy='mask'"
            )
        self._single += [
            self._row(event_type, int(times[place]), "suspicious", 1) for place in places
        ]
        left: Array = ~found if keep is None else keep & ~found
        return left

    def _with_price(self, event_type: str, arrays: Arrays, keep: Array | None) -> Array | None:
        if event_type == "trade":
            return keep
        if event_type == "orderbook":
            priced = ~np.isnan(arrays["bid_price"][:, 0] + arrays["ask_price"][:, 0])
        else:
            priced = ~np.isnan(arrays["mark_price"])
        if priced.all():
            return keep
        lost = ~priced if keep is None else ~priced & keep
        self._without_price += int(lost.sum())
        left: Array = priced if keep is None else keep & priced
        return left

    def _row(
        self, event_type: str, time_ns: int | None, reason: str, events: int
    ) -> dict[str, Any]:
        return {
            "symbol": self._symbol,
            "type": event_type,
            "start_ns": time_ns,
            "end_ns": time_ns,
            "reason": reason,
            "events": events,
        }


def _read(
    frame: Frame, columns: Sequence[str], *, with_quality: bool, with_ids: bool
) -> Iterator[Rows]:
    if frame.type == "orderbook":
        return read_books(frame, with_quality=with_quality, with_ids=with_ids)
    return read_columns(frame, columns, with_quality=with_quality, with_ids=with_ids)


def _whole(event_type: str, columns: Sequence[str]) -> Sequence[str]:
    """Return the columns that are there: a book is read as a whole."""
    return COLUMNS[event_type] if event_type == "orderbook" else columns
