"""The reader of a ClickHouse store: a server, or the engine inside this process."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import pyarrow as pa

from tapeline.access.dates import DAY_NS, dates_of
from tapeline.access.instruments import Sightings
from tapeline.access.ports import Query
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

    def dates(self, event_type: str) -> list[str]:
        """Return the dates of a type, by its partitions; see :meth:`Reader.dates`."""
        self._check()
        # From the parts' own bounds: no row is read.
        rows = self._connection.rows(
            f"SELECT _partition_id, min({TIME}), max({TIME}) FROM {{db}}.{event_type}"
            " GROUP BY _partition_id"
        )
        days: set[int | None] = set()
        several = []
        for partition, first, last in rows:
            if first // DAY_NS == last // DAY_NS and last != NO_TIME:
                days.add(first // DAY_NS)
            else:
                several.append(partition)
        if several:
            days.update(self._days(event_type, several))
        return dates_of(days)

    def exchanges(self, event_type: str) -> list[str]:
        """Return the exchanges of a type, which begin its key; see :meth:`Reader.exchanges`."""
        self._check()
        rows = self._connection.rows(f"SELECT DISTINCT exchange FROM {{db}}.{event_type}")
        return sorted(str(row[0]) for row in rows)

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()

    def _days(self, event_type: str, partitions: Sequence[str]) -> Iterator[int | None]:
        """Yield the days of partitions that are no day: months, and what is before 1970."""
        # Division goes towards zero; days go down.
        day = f"intDiv({TIME}, {DAY_NS}) - ({TIME} < 0 AND modulo({TIME}, {DAY_NS}) != 0)"
        rows = self._connection.rows(
            f"SELECT DISTINCT {_has_time(event_type)}, {day} FROM {{db}}.{event_type}"
            " WHERE _partition_id IN %(partitions)s",
            {"partitions": list(partitions)},
        )
        yield from (int(number) if is_known else None for is_known, number in rows)

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
    if query.only_timeless:
        # The first condition leaves whole parts out.
        wanted += [f"{TIME} = {NO_TIME}", f"NOT {_has_time(event_type)}"]
    if not query.is_timeless:
        wanted.append(_has_time(event_type))
    return " AND ".join(wanted), values


def _has_time(event_type: str) -> str:
    return f"(coalesce({', '.join(TIME_COLUMNS[event_type])}) IS NOT NULL)"


def _order(schema: pa.Schema) -> str:
    names = [
        f"ifNull({name}, '')" if schema.field(name).nullable else name for name in ORDER_COLUMNS
    ]
    return ", ".join([TIME, *names])
