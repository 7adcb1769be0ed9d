"""What was gone from the bus before a store's writer read it, by the statements it made."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from tapeline.access.ports import Query
from tapeline.access.streams import Hole
from tapeline.storage.schema import BUS_CHANNEL, TIME_COLUMNS

Read = Callable[[str, Query, Sequence[str]], Iterator[pa.RecordBatch]]
"""Reads columns of a type; yields nothing when no store keeps it."""

Name = tuple[str, str, str, str]
"""Exchange, market, symbol and the venue's spelling."""

_HOUR_NS: Final = 3_600_000_000_000
_LOOK_BACK_NS: Final = (_HOUR_NS, 24 * _HOUR_NS, 31 * 24 * _HOUR_NS, None)
"""A hole begins at the last row before it, which is looked for in ever longer times."""


def is_of_bus(record: Mapping[str, Any]) -> bool:
    """Whether a statement is about the bus, not about the venue's stream."""
    return str(record["channel"]).startswith(BUS_CHANNEL)


def bus_holes(
    name: Name, types: Sequence[str], records: Iterable[Mapping[str, Any]], read: Read
) -> dict[str, list[Hole]]:
    """Return an instrument's holes by event type.

    Parameters
    ----------
    records
        Statements about the bus: of the instrument, or of its whole market (no symbol).
    """
    found: dict[str, list[Hole]] = {}
    for record in records:
        event_type = record["channel"].removeprefix(BUS_CHANNEL)
        is_whose = record["raw_symbol"] in ("", name[3])
        is_where = (record["exchange"], record["market"]) == name[:2]
        if event_type in types and is_whose and is_where:
            found.setdefault(event_type, []).append(_hole(name, event_type, record, read))
    return found


def _hole(name: Name, event_type: str, record: Mapping[str, Any], read: Read) -> Hole:
    end_ns = record["end_ns"] if record["end_ns"] is not None else record["received_ns"]
    return Hole(
        "bus",
        record["proof"],
        _last_before(name, event_type, end_ns, read),
        end_ns,
        record["first_id"],
        record["last_id"],
        record["reason"],
    )


def _last_before(name: Name, event_type: str, end_ns: int, read: Read) -> int | None:
    """Return the time of the instrument's last row before a time."""
    columns = list(TIME_COLUMNS[event_type])
    exchange, market, _, raw_symbol = name
    query = Query(symbols=(raw_symbol,), exchange=exchange, market=market, end_ns=end_ns)
    for back_ns in _LOOK_BACK_NS:
        start_ns = None if back_ns is None else end_ns - back_ns
        latest: int | None = None
        for batch in read(event_type, replace(query, start_ns=start_ns), columns):
            times = pc.coalesce(*(batch[column] for column in columns))
            most = pc.max(times).as_py()
            if most is not None and (latest is None or most > latest):
                latest = most
        if latest is not None:
            return latest
    return None
