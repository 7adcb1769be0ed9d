"""The PostgreSQL store: rows, offsets and batches in one transaction."""

from collections.abc import AsyncIterator, Collection, Mapping
from itertools import chain
from typing import Final, NamedTuple

import asyncpg
import pyarrow as pa
import structlog

from tapeline.errors import RowError, StoreUnavailableError
from tapeline.storage.ports import Chunk, Partition, Progress
from tapeline.storage.postgres.address import Address
from tapeline.storage.postgres.days import Day, add_days, days_of, read_days
from tapeline.storage.postgres.faults import FAULTS, translated
from tapeline.storage.postgres.migrate import check_tables, check_version, is_timescale, migrate
from tapeline.storage.postgres.names import (
    Ids,
    Instrument,
    Instruments,
    add_instruments,
    instruments_of,
    read_ids,
)
from tapeline.storage.postgres.native import CopyEncoder
from tapeline.storage.postgres.progress import (
    add_marks,
    merge_marks,
    move_offsets,
    read_progress,
)
from tapeline.storage.postgres.projection import project, times_of
from tapeline.storage.postgres.session import Session
from tapeline.storage.postgres.tables import DAILY

_log = structlog.get_logger("tapeline.storage.postgres")

_COPY_FACTOR: Final = 4.0
"""A COPY may take so many times as long as a statement."""
_MERGE_EVERY: Final = 500
"""After so many writes the batches taken are written anew as few rows."""
_WIDEN: Final = """
INSERT INTO span AS s (event_type, symbol_id, first_ns, last_ns)
SELECT $1, * FROM unnest($2::integer[], $3::bigint[], $4::bigint[])
ON CONFLICT (event_type, symbol_id) DO UPDATE SET
    first_ns = least(s.first_ns, excluded.first_ns),
    last_ns = greatest(s.last_ns, excluded.last_ns)
WHERE s.first_ns IS DISTINCT FROM least(s.first_ns, excluded.first_ns)
    OR s.last_ns IS DISTINCT FROM greatest(s.last_ns, excluded.last_ns)"""

_COUNT: Final = """
INSERT INTO day_rows AS d (table_name, day, rows)
SELECT * FROM unnest($1::text[], $2::integer[], $3::bigint[])
ON CONFLICT (table_name, day) DO UPDATE SET rows = d.rows + excluded.rows"""


class _Part(NamedTuple):
    """Rows of one event type and whose they are."""

    event_type: str
    rows: pa.Table
    instruments: Instruments


class _Copies(NamedTuple):
    """A part as it goes into the tables."""

    event_type: str
    tables: list[tuple[str, pa.Table]]
    days: dict[Day, int]
    """Rows of each day."""
    symbol_ids: pa.Array
    times: pa.ChunkedArray
    """int64 Unix UTC nanoseconds, or nulls."""


class PostgresStore:
    """A store in a PostgreSQL database, with or without TimescaleDB.

    :mod:`tapeline.storage.postgres.tables` describes the tables.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._session = Session(address, self._prepare)
        # What a connection has seen. Another one may find another database.
        self._ids: dict[Instrument, Ids] = {}
        self._days: set[Day] = set()
        self._has_timescale = False
        self._streams: set[str] = set()
        self._writes = 0

    def open(self) -> None:
        """Bring the tables to this version and check them; see :meth:`Store.open`."""
        schema = self._address.schema
        session = Session(self._address)

        async def work(connection: asyncpg.Connection) -> None:
            await migrate(connection, schema)
            await check_tables(connection, schema)

        try:
            session.run(work, "opening the store")
        finally:
            session.close()
        self.progress([])

    def progress(self, partitions: Collection[Partition]) -> Progress:
        """Read offsets and batches, by whomever they were written; see :meth:`Store.progress`."""

        async def work(connection: asyncpg.Connection) -> Progress:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return await read_progress(connection, partitions)

        return self._session.run(work, "reading offsets")

    def write(self, chunk: Chunk) -> None:
        """Move the offsets, copy the rows, commit; see :meth:`Store.write`."""
        parts = _parts(chunk.tables)

        async def work(connection: asyncpg.Connection) -> None:
            copies = await self._made_ready(connection, parts)
            async with connection.transaction():
                await move_offsets(connection, chunk)
                await self._copy(connection, copies)
                await add_marks(connection, chunk.marks)

        try:
            self._session.run(work, "writing")
        except RowError:
            # A day that was dropped meanwhile refuses its rows too: look which days there are.
            self._days = set()
            raise
        self._writes += 1
        self._streams.update(mark.routing_key for mark in chunk.marks)
        if self._writes % _MERGE_EVERY == 0:
            self._merge()

    def rehearse(self, tables: Mapping[str, pa.Table]) -> None:
        """Copy the rows and roll back; see :meth:`Store.rehearse`."""
        parts = _parts(tables)

        async def work(connection: asyncpg.Connection) -> None:
            transaction = connection.transaction()
            await transaction.start()
            known = self._ids, self._days
            self._ids, self._days = dict(self._ids), set(self._days)
            try:
                await self._copy(connection, await self._made_ready(connection, parts))
            finally:
                self._ids, self._days = known
                if not connection.is_closed():
                    await transaction.rollback()

        self._session.run(work, "trying rows")

    def close(self) -> None:
        """Let the connection go; see :meth:`Store.close`."""
        self._session.close()

    async def _prepare(self, connection: asyncpg.Connection) -> None:
        """Learn what a database has that was just connected to."""
        schema = self._address.schema
        await check_version(connection, schema)
        self._has_timescale = await is_timescale(connection)
        self._ids = await read_ids(connection)
        self._days = set()
        if not self._has_timescale:
            for table in DAILY:
                self._days.update(await read_days(connection, schema, table))

    async def _made_ready(
        self, connection: asyncpg.Connection, parts: list[_Part]
    ) -> list[_Copies]:
        """Name new instruments, make new days: neither does harm when the rows never come."""
        names = set(chain.from_iterable(part.instruments.names for part in parts))
        if missing := sorted(names - self._ids.keys(), key=str):
            self._ids = await add_instruments(connection, missing)
        copies = [self._copies(part) for part in parts]
        if not self._has_timescale:
            days = {day for copy in copies for day in copy.days if day.table in DAILY}
            if missing_days := sorted(days - self._days):
                await add_days(connection, self._address.schema, missing_days)
                self._days.update(missing_days)
        return copies

    def _copies(self, part: _Part) -> _Copies:
        exchange_ids, symbol_ids = part.instruments.ids(self._ids)
        times = times_of(part.event_type, part.rows)
        tables = list(project(part.event_type, part.rows, times, exchange_ids, symbol_ids))
        days = {
            Day(name, day): count
            for name, rows in tables
            for day, count in days_of(rows["time"]).items()
        }
        return _Copies(part.event_type, tables, days, symbol_ids, times)

    async def _copy(self, connection: asyncpg.Connection, copies: list[_Copies]) -> None:
        for each in copies:
            for name, rows in each.tables:
                try:
                    await self._copy_table(connection, name, rows)
                except FAULTS as error:
                    raise translated(error, self._address.shown, f"writing {name}") from error
        # Last, because writers of one day wait for each other here until the commit.
        for each in copies:
            await _widen(connection, each)
            await _count(connection, each)

    async def _copy_table(self, connection: asyncpg.Connection, name: str, rows: pa.Table) -> None:
        await connection.copy_to_table(
            name,
            schema_name=self._address.schema,
            source=_pieces(rows),
            columns=rows.column_names,
            format="binary",
            timeout=self._address.timeout_s * _COPY_FACTOR,
        )

    def _merge(self) -> None:
        streams, self._streams = self._streams, set()

        async def work(connection: asyncpg.Connection) -> None:
            await merge_marks(connection, streams)

        try:
            self._session.run(work, "merging batches")
        except StoreUnavailableError as error:
            # The rows are in; a later write does it.
            _log.info("batches are not merged this time", fault=str(error))


async def _widen(connection: asyncpg.Connection, copies: _Copies) -> None:
    """Note the times of each instrument's rows."""
    spans = (
        pa.table({"symbol": copies.symbol_ids, "time": copies.times})
        .group_by("symbol")
        .aggregate([("time", "min"), ("time", "max")])
        .sort_by("symbol")
    )
    columns = [spans[name].to_pylist() for name in ("symbol", "time_min", "time_max")]
    await connection.execute(_WIDEN, copies.event_type, *columns)


async def _count(connection: asyncpg.Connection, copies: _Copies) -> None:
    """Note how many rows each day has got."""
    days = sorted(copies.days)
    columns = [day.table for day in days], [day.number for day in days]
    await connection.execute(_COUNT, *columns, [copies.days[day] for day in days])


async def _pieces(rows: pa.Table) -> AsyncIterator[bytes]:
    for piece in CopyEncoder(rows):
        yield piece


def _parts(tables: Mapping[str, pa.Table]) -> list[_Part]:
    return [
        _Part(event_type, rows, instruments_of(rows))
        for event_type, rows in tables.items()
        if rows.num_rows
    ]
