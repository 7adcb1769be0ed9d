"""Messages that should have been there: noticed by their offsets, stated as rows of coverage.

A statement goes into the store together with the first message behind the hole, so it is there
exactly once, like that message.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import structlog

from tapeline.errors import ArgumentError
from tapeline.storage.consumer.batches import Batch
from tapeline.storage.ports import Message, Partition
from tapeline.storage.schema import BUS_CHANNEL, LOG_OFFSET, TIME_COLUMNS
from tapeline.transport.topics import raw_symbol_of
from tapeline.wire.native import decode_rows

_log = structlog.get_logger("tapeline.storage.consumer.absences")

_INSTRUMENT: Final = ("exchange", "market", "raw_symbol")


@dataclass(frozen=True, slots=True)
class Absence:
    """Messages of a partition that are not there."""

    origin: Partition
    first: int
    """Offset of the first one."""
    last: int | None
    """Offset of the last one; None where the partition was made anew, and nobody knows what was on
    the old one."""
    before: int
    """Offset of the message that came instead."""

    @property
    def messages(self) -> int:
        """How many are known to be missing."""
        return 0 if self.last is None else self.last - self.first + 1

    @property
    def reason(self) -> str:
        """Say it for people."""
        where = f"{self.origin[0]}[{self.origin[1]}]"
        if self.last is None:
            return (
                f"{where} was made anew: what came on the old one behind offset {self.first - 1}"
                " is not known"
            )
        return f"{where}: offsets {self.first} to {self.last} were gone before they were read"


class Absences:
    """Follows the offsets of partitions; one thread uses it.

    Parameters
    ----------
    target
        The store's name, for the log.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self._following: dict[Partition, int | None] = {}
        self._renewed: dict[Partition, int] = {}

    def begin(self, offsets: Mapping[Partition, int | None]) -> None:
        """Expect these offsets next; None where there was nothing before."""
        self._following.update(offsets)
        for each in offsets:
            self._renewed.pop(each, None)

    def begin_anew(self, partition: Partition, known: int) -> None:
        """Expect another log, where the store had one up to the offset ``known``."""
        self._following[partition] = None
        self._renewed[partition] = known
        _log.error(
            "a topic was made anew and is read from its beginning",
            target=self._target,
            topic=partition[0],
            partition=partition[1],
            store_at=known,
        )

    def note(self, messages: Iterable[Message]) -> list[Absence]:
        """Return what is missing before these messages, which follow each other."""
        found = []
        for message in messages:
            absence = self._before(message)
            if absence is not None:
                found.append(absence)
            self._following[message.origin] = message.offset + 1
        return found

    def _before(self, message: Message) -> Absence | None:
        origin, offset = message.origin, message.offset
        due = self._following.get(origin)
        if due is not None and offset < due:
            # It was made anew while it was read.
            self.begin_anew(origin, due)
        known = self._renewed.pop(origin, None)
        if known is not None:
            return Absence(origin, known, None, offset)
        if due is None or offset <= due:
            return None
        absence = Absence(origin, due, offset - 1, offset)
        _log.error(
            "messages are gone from the bus",
            target=self._target,
            topic=origin[0],
            partition=origin[1],
            first=due,
            last=offset - 1,
        )
        return absence


def with_statements(
    tables: Mapping[str, pa.Table],
    absences: Sequence[Absence],
    batches: Collection[Batch],
    now_ns: int,
) -> dict[str, pa.Table]:
    """Add a row of coverage for each absence.

    Parameters
    ----------
    tables
        Rows by type, as decoded.
    batches
        Those the rows come from.
    now_ns
        Wall clock, Unix UTC nanoseconds.
    """
    if not absences:
        return dict(tables)
    rows = [_row(each, tables, batches, now_ns) for each in absences]
    told = pa.Table.from_pylist(rows, _schema())
    known = tables.get("coverage")
    joined = told if known is None else pa.concat_tables([known, told])
    return {**tables, "coverage": _by_instrument(joined)}


@cache
def _schema() -> pa.Schema:
    return decode_rows([], [], "coverage").to_arrow().schema


def _row(
    absence: Absence, tables: Mapping[str, pa.Table], batches: Collection[Batch], now_ns: int
) -> dict[str, Any]:
    event_type, exchange, market, *token = absence.origin[0].split(".")
    raw_symbol = _raw_symbol(token[0]) if token else ""
    batch = _batch_behind(absence, batches)
    rows = None if batch is None else _rows_of(batch, tables)
    symbol = raw_symbol
    if token and rows is not None and rows.num_rows:
        symbol = rows["symbol"][0].as_py() or ""
    return {
        "exchange": exchange,
        "market": market,
        "symbol": symbol,
        "raw_symbol": raw_symbol,
        "channel": f"{BUS_CHANNEL}{event_type}",
        "kind": "gap_opened",
        "proof": "unverifiable" if absence.last is None else "proven_gap",
        "first_id": absence.first,
        "last_id": absence.last,
        "start_ns": None,
        "end_ns": None if rows is None else _first_time(event_type, rows),
        "received_ns": now_ns,
        "reason": absence.reason,
        # No row has the offset of a message that never came.
        "log_offset": absence.first if absence.last is not None else absence.before,
        "log_index": 0 if absence.last is not None else -1,
    }


def _raw_symbol(token: str) -> str:
    try:
        return raw_symbol_of(token)
    except ArgumentError:
        return token


def _batch_behind(absence: Absence, batches: Iterable[Batch]) -> Batch | None:
    """Return the first batch of the partition behind the hole."""
    behind = [
        each
        for each in batches
        if each.message.origin == absence.origin and each.message.offset >= absence.before
    ]
    return min(behind, key=lambda each: each.message.offset, default=None)


def _rows_of(batch: Batch, tables: Mapping[str, pa.Table]) -> pa.Table | None:
    table = tables.get(batch.event_type)
    if table is None:
        return None
    is_here = pc.equal(table[LOG_OFFSET], batch.message.offset)
    for name, value in zip(_INSTRUMENT, batch.place, strict=False):
        is_same = pc.equal(pc.fill_null(table[name].cast(pa.string()), ""), value or "")
        is_here = pc.and_(is_here, is_same)
    return table.filter(is_here)


def _first_time(event_type: str, rows: pa.Table) -> int | None:
    times = pc.coalesce(*(rows[name] for name in TIME_COLUMNS[event_type]))
    first: int | None = pc.min(times).as_py()
    return first


def _by_instrument(table: pa.Table) -> pa.Table:
    """Bring rows of one instrument together, otherwise in the order they have."""
    names = zip(*(table[name].cast(pa.string()).to_pylist() for name in _INSTRUMENT), strict=True)
    keys = [tuple(part or "" for part in name) for name in names]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return table.unify_dictionaries().combine_chunks().take(pa.array(order, pa.int64()))
