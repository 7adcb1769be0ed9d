"""The reader of a PostgreSQL store."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Final, NamedTuple

import asyncpg
import pyarrow as pa

from tapeline.access.dates import dates_of
from tapeline.access.ports import INSTRUMENT_SCHEMA, Query
from tapeline.access.readers.postgres.copying import Copying
from tapeline.access.readers.postgres.rows import Restorer, columns_for, schema_for
from tapeline.access.readers.postgres.statements import (
    Choice,
    Span,
    choice_of,
    kinds_of_first_day,
    select,
)
from tapeline.access.unique import each_once
from tapeline.storage.postgres.address import Address, address_of
from tapeline.storage.postgres.days import Day, read_chunks, read_days
from tapeline.storage.postgres.migrate import check_version, is_timescale
from tapeline.storage.postgres.names import Ids, Instrument, read_ids
from tapeline.storage.postgres.session import Session
from tapeline.storage.postgres.tables import DAILY, tables_of
from tapeline.storage.schema import EVENT_TYPES
from tapeline.storage.targets import Target

_BEGIN: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL work_mem = '64MB'"
_DAYS: Final = "SELECT DISTINCT day FROM day_rows WHERE table_name = ANY($1) AND rows > 0"
_EXCHANGES: Final = "SELECT name FROM exchange"
_SURVEY: Final = """
SELECT e.name, s.market, s.symbol, s.raw_symbol,
    array_agg(p.event_type), min(p.first_ns), max(p.last_ns)
FROM span p JOIN symbol s USING (symbol_id) JOIN exchange e USING (exchange_id)
WHERE s.symbol IS NOT NULL AND s.raw_symbol IS NOT NULL
GROUP BY 1, 2, 3, 4"""


def open_reader(target: Target) -> "PostgresReader":
    """Open the store of an address; the server is asked when something is read.

    Raises
    ------
    SettingsError
        The address names no database, or an option that there is not.
    """
    return PostgresReader(address_of(target))


class PostgresReader:
    """Reads a store; see :class:`tapeline.access.ports.Reader`.

    Each answer has its own connection, so that several can be read by turns.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._bytes_read = 0

    @property
    def shown(self) -> str:
        """See :attr:`Reader.shown`."""
        return self._address.shown

    @property
    def bytes_read(self) -> int:
        """Bytes the server has sent as rows."""
        return self._bytes_read

    def types(self) -> frozenset[str]:
        """See :meth:`Reader.types`."""
        return frozenset(EVENT_TYPES)

    def read(
        self, event_type: str, query: Query, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield rows day by day; see :meth:`Reader.read`."""
        schema = schema_for(event_type, columns)
        wanted = columns_for(event_type, schema)
        with closing(self._session()) as session:
            plan = self._plan(session, event_type, query)
            restorer = Restorer(schema, plan.known)
            for span in plan.spans:
                statement = select(self._address.schema, event_type, wanted, plan.choice, span)
                copying = Copying(session, statement, wanted)
                for batch in copying.batches():
                    yield restorer.restore(batch)
                self._bytes_read += copying.bytes_read

    def read_once(
        self, event_type: str, query: Query, columns: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        """Yield rows, each event once; see :meth:`Reader.read_once`."""
        return each_once(self.read, event_type, query, columns)

    def instruments(self) -> pa.Table:
        """See :meth:`Reader.instruments`."""

        async def work(connection: asyncpg.Connection) -> list[asyncpg.Record]:
            return list(await connection.fetch(_SURVEY))

        with closing(self._session()) as session:
            rows = [
                dict(zip(INSTRUMENT_SCHEMA.names, row, strict=True))
                for row in session.run(work, "looking for instruments")
            ]
        for row in rows:
            row["types"] = [name for name in EVENT_TYPES if name in row["types"]]
        rows.sort(key=lambda row: (row["exchange"], row["market"], row["raw_symbol"]))
        return pa.Table.from_pylist(rows, INSTRUMENT_SCHEMA)

    def dates(self, event_type: str) -> list[str]:
        """Return the dates of a type, as writers have counted them; see :meth:`Reader.dates`."""

        async def work(connection: asyncpg.Connection) -> set[int | None]:
            rows = await connection.fetch(_DAYS, list(tables_of(event_type)))
            days: set[int | None] = {row[0] for row in rows}
            if 0 in days:
                # Rows without a time lie there, too.
                statement = kinds_of_first_day(self._address.schema, event_type)
                kinds = {row[0] for row in await connection.fetch(statement)}
                days = (days - {0}) | {0 if has_time else None for has_time in kinds}
            return days

        with closing(self._session()) as session:
            return dates_of(session.run(work, "looking for days"))

    def exchanges(self, event_type: str) -> list[str]:
        """Return the exchanges of all types; see :meth:`Reader.exchanges`."""

        async def work(connection: asyncpg.Connection) -> list[str]:
            return sorted(row[0] for row in await connection.fetch(_EXCHANGES))

        with closing(self._session()) as session:
            return session.run(work, "looking for exchanges")

    def close(self) -> None:
        """Do nothing: an answer's connection is closed with it."""

    def _session(self) -> Session:
        async def prepare(connection: asyncpg.Connection) -> None:
            await check_version(connection, self._address.schema)

        return Session(self._address, prepare)

    def _plan(self, session: Session, event_type: str, query: Query) -> "_Plan":
        async def work(connection: asyncpg.Connection) -> _Plan:
            # Lasts until the connection is closed: all slices see the store at one moment.
            await connection.execute(_BEGIN)
            known = await read_ids(connection)
            choice = choice_of(known, query.symbols, query.exchange, query.market)
            days = await self._days(connection, event_type)
            spans = list(_spans(query, days)) if choice.ranks else []
            return _Plan(known, choice, spans)

        return session.run(work, "reading rows")

    async def _days(self, connection: asyncpg.Connection, event_type: str) -> list[int] | None:
        """Return the days there are rows of; None for a type that is not cut into days."""
        if event_type not in DAILY:
            return None
        read = read_chunks if await is_timescale(connection) else read_days
        found: set[int] = set()
        for table in tables_of(event_type):
            days = await read(connection, self._address.schema, table)
            found.update(day.number for day in days)
        return sorted(found)


class _Plan(NamedTuple):
    known: Mapping[Instrument, Ids]
    choice: Choice
    spans: list[Span | None]


def _spans(query: Query, days: list[int] | None) -> Iterator[Span | None]:
    """Yield the slices of an answer, so that the server sorts a day at a time."""
    if query.only_timeless:
        yield None
        return
    if days is None:
        yield Span(query.start_ns, query.end_ns)
    else:
        for number in days:
            first, following = Day("", number).start_ns, Day("", number + 1).start_ns
            start = first if query.start_ns is None else max(first, query.start_ns)
            end = following if query.end_ns is None else min(following, query.end_ns)
            if start < end:
                yield Span(start, end)
    if query.is_timeless:
        yield None
