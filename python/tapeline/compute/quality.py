"""How good rows are: counts of grades and issues, and how late they came."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

NAMES: Final = ("exchange", "market", "symbol", "raw_symbol")
COLUMNS: Final = (*NAMES, "quality", "issues", "timestamp_ns", "received_ns")
"""What :meth:`QualityCounts.take` needs of a row."""


class _Counts:
    def __init__(self) -> None:
        self.rows = 0
        self.grades: Counter[str] = Counter()
        self.issues: Counter[str] = Counter()
        self.lags: list[NDArray[np.int64]] = []
        self.first_ns: int | None = None
        self.last_ns: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "grades": dict(sorted(self.grades.items())),
            "issues": dict(sorted(self.issues.items())),
            "lag": _lag(self.lags),
            "first_ns": self.first_ns,
            "last_ns": self.last_ns,
        }


class QualityCounts:
    """Adds up the rows of one type, by instrument."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, ...], _Counts] = {}
        self.rows = 0

    def take(self, batch: pa.RecordBatch) -> None:
        """Count rows with the columns of :data:`COLUMNS`."""
        self.rows += batch.num_rows
        table = pa.Table.from_batches([batch])
        places = pa.array(np.arange(table.num_rows))
        groups = table.select(list(NAMES)).append_column("place", places)
        for group in groups.group_by(list(NAMES)).aggregate([("place", "list")]).to_pylist():
            name = tuple(group[each] for each in NAMES)
            self._add(self._found.setdefault(name, _Counts()), table.take(group["place_list"]))

    def rows_by_instrument(self) -> Iterator[dict[str, Any]]:
        """Yield the counts of each instrument, ordered by exchange, market and raw symbol.

        ``lag`` is received minus exchange time of the rows that have both: ``p50_ns``, ``p99_ns``
        and ``max_ns``; None without such a row.
        """
        for name in sorted(self._found, key=lambda each: (each[0], each[1], each[3], each[2])):
            yield {**dict(zip(NAMES, name, strict=True)), **self._found[name].as_dict()}

    @staticmethod
    def _add(counts: _Counts, table: pa.Table) -> None:
        counts.rows += table.num_rows
        counts.grades.update(_tally(table["quality"]))
        counts.issues.update(_tally(pc.list_flatten(table["issues"])))
        lag = pc.subtract(table["received_ns"], table["timestamp_ns"]).drop_null()
        if len(lag):
            counts.lags.append(lag.to_numpy())
        bounds = pc.min_max(pc.coalesce(table["timestamp_ns"], table["received_ns"])).as_py()
        counts.first_ns = _least(counts.first_ns, bounds["min"])
        most = [each for each in (counts.last_ns, bounds["max"]) if each is not None]
        counts.last_ns = max(most, default=None)


def count_reasons(batches: Iterable[pa.RecordBatch]) -> dict[tuple[str, str, str], Counter[str]]:
    """Count quarantined messages by exchange, market and raw symbol, and by reason."""
    found: dict[tuple[str, str, str], Counter[str]] = {}
    for batch in batches:
        columns = ("exchange", "market", "raw_symbol", "reason")
        table = pa.Table.from_batches([batch]).select(list(columns))
        for row in table.group_by(list(columns)).aggregate([([], "count_all")]).to_pylist():
            key = (row["exchange"], row["market"], row["raw_symbol"] or "")
            found.setdefault(key, Counter())[row["reason"]] += row["count_all"]
    return found


def _tally(column: pa.ChunkedArray) -> dict[str, int]:
    counted = pc.value_counts(column)
    return {str(each["values"]): each["counts"] for each in counted.to_pylist()}


def _least(known: int | None, found: int | None) -> int | None:
    both = [each for each in (known, found) if each is not None]
    return min(both, default=None)


def _lag(lags: list[NDArray[np.int64]]) -> dict[str, int] | None:
    if not lags:
        return None
    values = np.sort(np.concatenate(lags))
    last = len(values) - 1
    return {
        "p50_ns": int(values[last // 2]),
        "p99_ns": int(values[last * 99 // 100]),
        "max_ns": int(values[last]),
    }
