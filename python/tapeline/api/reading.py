"""Questions to the access layer that several routes ask."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tapeline.access.coverage import Coverage
from tapeline.access.source import DataSource
from tapeline.api.parameters import InstrumentQuery, TimeQuery
from tapeline.api.problems import TOO_MUCH, ProblemError
from tapeline.api.queries import Work
from tapeline.errors import ArgumentError, UnknownNameError

NO_COVERAGE: dict[str, Any] = {
    "summary": "this is not about market data",
    "is_complete": None,
    "start_ns": None,
    "end_ns": None,
    "streams": 0,
    "holes": 0,
    "quarantined": 0,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is about, and the names of it that the access layer takes."""

    names: Mapping[str, Any]
    start_ns: int | None
    end_ns: int | None

    @property
    def is_empty(self) -> bool:
        """Whether no row can be an answer: the time ends where it begins."""
        return self.start_ns is not None and self.start_ns == self.end_ns


class Scan:
    """Reads the rows of one answer: so many in all, and no longer than somebody waits."""

    def __init__(self, work: Work, most_rows: int) -> None:
        self._work = work
        self._most = most_rows
        self._rows = 0

    def of(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Pass batches.

        Raises
        ------
        ProblemError
            They are too many rows.
        AbandonedError
            Nobody waits any more.
        """
        for batch in batches:
            self._work.check()
            self._rows += batch.num_rows
            if self._rows > self._most:
                raise ProblemError(
                    TOO_MUCH,
                    f"this takes more than {self._most:,} rows: ask for a shorter time, one type "
                    "or one symbol",
                )
            yield batch


def asked(query: TimeQuery) -> Asked:
    """Return what a question is about.

    Raises
    ------
    UnknownNameError
        A name that is no name.
    """
    return Asked(query.checked_names(), query.start_ns, query.end_ns)


def instruments(source: DataSource, names: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the instruments that have these names, in order.

    Raises
    ------
    UnknownNameError
        There is none.
    """
    rows: list[dict[str, Any]] = source.instruments().to_arrow().to_pylist()
    symbol, exchange, market = (names[name] for name in ("symbols", "exchange", "market"))
    found = [
        row
        for row in rows
        if symbol in (None, row["symbol"], row["raw_symbol"])
        and exchange in (None, row["exchange"])
        and market in (None, row["market"])
    ]
    if not found and (symbol, exchange, market) != (None, None, None):
        # Says which name it is, and what is like it.
        source.load(symbol, types="trade", exchange=exchange, market=market)
        raise UnknownNameError("no instrument has all these names: `/api/instruments` lists them")
    return found


def one_instrument(
    source: DataSource, query: InstrumentQuery, event_type: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the one instrument a question must be about, and its names for the access layer.

    Raises
    ------
    ArgumentError
        Several instruments have it.
    UnknownNameError
        There is none, or it has no rows of the type.
    """
    names = query.checked_names()
    found = [row for row in instruments(source, names) if event_type in row["types"]]
    if not found:
        raise UnknownNameError(f"{query.symbol!r} has no {event_type} rows in this data")
    if len(found) > 1:
        places = ", ".join(f"{row['exchange']} {row['market']}" for row in found[:10])
        raise ArgumentError(f"{query.symbol!r} is on {places}: say exchange and market")
    row = found[0]
    return row, {
        "symbols": row["raw_symbol"],
        "exchange": row["exchange"],
        "market": row["market"],
    }


def as_of(rows: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the time of the newest row of some instruments."""
    return max((row["last_ns"] for row in rows if row["last_ns"] is not None), default=None)


def coverage_of(source: DataSource, types: Sequence[str], about: Asked) -> Coverage:
    """Return how complete an answer is."""
    end_ns = about.end_ns
    if about.is_empty and end_ns is not None:
        end_ns += 1
    return source.load(**about.names, start=about.start_ns, end=end_ns, types=types).coverage


def summary_of(coverage: Coverage) -> dict[str, Any]:
    """Return what every answer says of its completeness."""
    said = coverage.to_dict()
    return {
        "summary": coverage.summary,
        "is_complete": coverage.is_complete,
        "start_ns": said["start_ns"],
        "end_ns": said["end_ns"],
        "streams": len(coverage.streams),
        "holes": len(coverage.holes),
        "quarantined": coverage.quarantined,
    }
