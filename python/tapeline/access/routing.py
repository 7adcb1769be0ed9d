"""Which stores answer for a type when several are open, and one answer of what they say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tapeline.access.merging import LAST, Merge, Run, flat, run_of
from tapeline.access.ports import Query, Reader
from tapeline.access.unique import Unique
from tapeline.errors import ArgumentError
from tapeline.storage.schema import EVENT_TYPES, HAS_EVENT_ID, ORDER_COLUMNS, TIME_COLUMNS
from tapeline.storage.targets import Kind


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers for a type: the first kind of each list that is open."""

    recent: tuple[Kind, ...]
    history: tuple[Kind, ...]


_SERVERS: Final = (Kind.POSTGRES, Kind.CLICKHOUSE)
_ANY: Final = (Kind.PARQUET, Kind.CLICKHOUSE, Kind.POSTGRES)

ROUTES: Final[Mapping[str, Route]] = {
    "trade": Route(_SERVERS, _ANY),
    "orderbook": Route(_SERVERS, _ANY),
    "funding": Route(_SERVERS, _ANY),
    "liquidation": Route((Kind.CLICKHOUSE, Kind.POSTGRES), _ANY),
    "coverage": Route(_SERVERS, _ANY),
    "quarantine": Route(_SERVERS, _ANY),
}
"""The storage matrix: recent rows are in a server, which forgets, and all of them in files, which
lag behind. Both are asked about the whole time, because only that leaves no hole where one ends and
the other begins; a row that both have counts once."""


class Source(NamedTuple):
    """A store that is open."""

    kind: Kind
    reader: Reader


def sources_for(sources: Sequence[Source], event_type: str) -> list[Reader]:
    """Return the stores to ask about a type.

    Raises
    ------
    ArgumentError
        None of them keeps it.
    """
    keepers = [each for each in sources if event_type in each.reader.types()]
    if not keepers:
        shown = ", ".join(each.reader.shown for each in sources)
        kept = {name for each in sources for name in each.reader.types()}
        names = ", ".join(name for name in EVENT_TYPES if name in kept)
        raise ArgumentError(
            f"{shown} keeps no {event_type} rows, only {names}: open a store that does as well"
        )
    route = ROUTES[event_type]
    kinds = {_first_open(route.recent, keepers), _first_open(route.history, keepers)}
    return [each.reader for each in keepers if each.kind in kinds]


def read_all(
    readers: Sequence[Reader], event_type: str, query: Query, columns: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of several stores as one of them would that has them all, each event once."""
    if len(readers) == 1:
        yield from readers[0].read_once(event_type, query, columns)
        return
    query = replace(query, takes_keys=False)
    ids = ["event_id"] if event_type in HAS_EVENT_ID else []
    needed = list(dict.fromkeys([*columns, *TIME_COLUMNS[event_type], *ORDER_COLUMNS, *ids]))
    feeds = [_StoreFeed(reader, event_type, query, needed) for reader in readers]
    unique = Unique(event_type)
    last: tuple[object, ...] | None = None
    for run in Merge(event_type, feeds, needed):
        table = unique.kept(run)
        if not ids:
            table, last = _without_repeats(run, last)
        if table.num_rows:
            yield from table.select(list(columns)).to_batches()


def _first_open(kinds: Sequence[Kind], sources: Sequence[Source]) -> Kind:
    open_ones = [each.kind for each in sources]
    return next((kind for kind in kinds if kind in open_ones), open_ones[0])


class _StoreFeed:
    """A :class:`tapeline.access.merging.Feed` over the batches of a store."""

    def __init__(
        self, reader: Reader, event_type: str, query: Query, columns: Sequence[str]
    ) -> None:
        self._event_type = event_type
        self._batches = reader.read(event_type, query, columns)
        self._bound_ns: int | None = -LAST if query.start_ns is None else query.start_ns

    @property
    def bound_ns(self) -> int | None:
        """No row still to come is earlier; None at the end."""
        return self._bound_ns

    def prepare(self) -> None:
        """Do nothing: a store answers when it is asked."""

    def pull(self) -> Run | None:
        """Return the next batch."""
        batch = next(self._batches, None)
        if batch is None:
            self._bound_ns = None
            return None
        run = run_of(self._event_type, pa.Table.from_batches([batch]))
        if len(run):
            self._bound_ns = run.last
        return run


def _without_repeats(
    run: Run, last: tuple[object, ...] | None
) -> tuple[pa.Table, tuple[object, ...] | None]:
    """Leave out rows that lie where the one before them does; return the place of the last row."""
    table = run.table
    keys = [run.times, *(flat(table[name]) for name in ORDER_COLUMNS)]
    rows = table.num_rows
    same = None
    for column in keys:
        text = pa.types.is_string(column.type)
        filled = pc.fill_null(column, "") if text else column
        equal = pc.equal(filled.slice(1), filled.slice(0, rows - 1))
        same = equal if same is None else pc.and_(same, equal)
    first = tuple(column[0].as_py() for column in keys)
    mask = pa.concat_arrays([pa.array([first != last]), flat(pc.invert(same))])
    return table.filter(mask), tuple(column[-1].as_py() for column in keys)
