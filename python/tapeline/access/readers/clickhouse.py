"""The reader of a ClickHouse store: a server, or the engine inside this process."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import pyarrow as pa

from tapeline.access.instruments import Sightings
from tapeline.access.ports import Bounds, Query
from tapeline.access.shaping import shaped
from tapeline.access.unique import each_once
from tapeline.errors import StoreFormatError
from tapeline.storage.clickhouse.connection import Connection
from tapeline.storage.clickhouse.schema_check import check_tables
from tapeline.storage.clickhouse.tables import NO_TIME, TIME
from tapeline.storage.schema import EVENT_TYPES, ORDER_COLUMNS, TIME_COLUMNS, stored_schema_of
from tapeline.storage.targets import Target

_BOUNDED: Final = {
    # Key columns decide the partition, so a row's twin is in the same one.
    "do_not_merge_across_partitions_select_final": 1,
    # What does not fit is sorted on disk.
    "max_bytes_before_external_sort": 256 * 1024 * 1024,
    "max_block_size": 65_536,
}


def open_reader(target: Target) -> "ClickHouseReader":
    """Open the store of an address.

    Raises
    ------
    SettingsError
        The address has an unknown option or a bad one.
    """
    return ClickHouseReader(Connection(target), target)


class ClickHouseReader:
    """A :class:`tapeline.access.ports.Reader` of the tables of a database."""

    def __init__(self, connection: Connection, target: Target) -> None:
        self._connection = connection
        self._target = target
        self._is_checked = False

    @property
    def shown(self) -> str:
        """Where it is, without a password."""
        return self._connection.shown

    @property
    def bytes_read(self) -> int:
        """Bytes of the answers given so far, as Arrow."""
        return self._connection.bytes_read

    def types(self) -> frozenset[str]:
        """Return all types: a ClickHouse store takes what comes."""
        return frozenset(EVENT_TYPES)

    def read(
        self, event_type: str, query: Query, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield rows, each once, as they come from the engine; see :meth:`Reader.read`."""
        self._check()
        schema = stored_schema_of(event_type)
        names = schema.names if columns is None else list(columns)
        wanted = pa.schema([schema.field(name) for name in names])
        where, values = _conditions(event_type, query)
        sql = (
            f"SELECT {', '.join(f'`{name}`' for name in names) or '1'}"
            f" FROM {{db}}.{event_type} FINAL WHERE {where} ORDER BY {_order(schema)}"
        )
        for batch in self._connection.stream(sql, values, _BOUNDED):
            yield from shaped(pa.Table.from_batches([batch]), wanted)

    def read_once(
        self, event_type: str, query: Query, columns: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        """Yield rows, each event once; see :meth:`Reader.read_once`."""
        return each_once(self.read, event_type, query, columns)

    def instruments(self) -> pa.Table:
        """Return the instruments there are; see :meth:`Reader.instruments`."""
        self._check()
        sightings = Sightings()
        for event_type in EVENT_TYPES:
            rows = self._connection.rows(
                "SELECT exchange, market, symbol, raw_symbol,"
                f" minOrNull({TIME}), maxOrNullIf({TIME}, {TIME} < {NO_TIME})"
                f" FROM {{db}}.{event_type} WHERE symbol IS NOT NULL AND raw_symbol IS NOT NULL"
                " GROUP BY exchange, market, symbol, raw_symbol"
            )
            for *names, first, last in rows:
                exchange, market, symbol, raw_symbol = names
                sightings.add((exchange, market, symbol, raw_symbol), event_type, first, last)
        return sightings.to_arrow()

    def bounds(self, event_type: str) -> Bounds:
        """Return the first and last time of a type; see :meth:`Reader.bounds`."""
        self._check()
        sql = f"SELECT minOrNull({TIME}), maxOrNull({TIME}) FROM {{db}}.{event_type}"
        first, last = self._connection.rows(sql)[0]
        if last == NO_TIME:
            # Not from the parts' own bounds, as above, but by looking.
            ((first, last),) = self._connection.rows(f"{sql} WHERE {TIME} < {NO_TIME}")
        return Bounds(first, last)

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()

    def _check(self) -> None:
        if self._is_checked:
            return
        path = self._target.path
        if path is not None and not path.is_dir():
            # The engine would make it.
            raise StoreFormatError(f"{self.shown}: there is no such folder")
        check_tables(self._connection)
        self._is_checked = True


def _conditions(event_type: str, query: Query) -> tuple[str, dict[str, Any]]:
    """Return what rows must fulfil, and the values it is about."""
    wanted = ["1"]
    values: dict[str, Any] = {}
    if query.symbols is not None:
        wanted.append("(symbol IN %(symbols)s OR raw_symbol IN %(symbols)s)")
        values["symbols"] = list(query.symbols)
    if query.symbols == ():
        wanted = ["0"]  # IN () is no SQL.
    for name, value in (("exchange", query.exchange), ("market", query.market)):
        if value is not None:
            wanted.append(f"{name} = %({name})s")
            values[name] = value
    for name, sign, bound in (("start", ">=", query.start_ns), ("end", "<", query.end_ns)):
        if bound is not None:
            wanted.append(f"{TIME} {sign} toInt64(%({name})s)")
            values[name] = bound
    if not query.is_timeless:
        wanted.append(f"coalesce({', '.join(TIME_COLUMNS[event_type])}) IS NOT NULL")
    return " AND ".join(wanted), values


def _order(schema: pa.Schema) -> str:
    names = [
        f"ifNull({name}, '')" if schema.field(name).nullable else name for name in ORDER_COLUMNS
    ]
    return ", ".join([TIME, *names])
