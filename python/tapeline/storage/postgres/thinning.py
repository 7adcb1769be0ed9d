"""Retention of a PostgreSQL store: whole days dropped, where a table is cut into days."""

from datetime import UTC, datetime
from typing import Final

import asyncpg

from tapeline.errors import StoreConflictError
from tapeline.storage.postgres.address import Address, address_of
from tapeline.storage.postgres.days import Day
from tapeline.storage.postgres.migrate import check_version, is_timescale
from tapeline.storage.postgres.session import Session
from tapeline.storage.postgres.tables import DAILY
from tapeline.storage.schema import TIME_COLUMNS
from tapeline.storage.targets import Target

_DAY_NS: Final = 86_400_000_000_000
_SHARED: Final = 0
"""The day on which rows without a time lie beside those of 1970-01-01."""
_TAKEN: Final = "WITH gone AS ({} RETURNING 1) SELECT count(*) FROM gone"
_COUNT_LESS: Final = """
UPDATE day_rows SET rows = rows - $3 WHERE table_name = $1 AND day = $2"""
_COUNT_NO_MORE: Final = "DELETE FROM day_rows WHERE table_name = $1 AND day = $2 AND rows = 0"
_COUNTED: Final = "SELECT table_name, day, rows FROM day_rows"
_NARROW: Final = """
UPDATE span SET first_ns = $2 WHERE event_type = $1 AND first_ns < $2 AND last_ns >= $2"""
_FORGET: Final = "DELETE FROM span WHERE event_type = $1 AND last_ns < $2"
CHUNK_BYTES: Final = """
SELECT sum(d.total_bytes) FROM chunks_detailed_size(to_regclass($1)) d
JOIN timescaledb_information.chunks c USING (chunk_schema, chunk_name)
WHERE c.range_end <= $2 AND c.range_start > '1970-01-01 00:00+00'"""


class PostgresThinner:
    """Takes rows out of a store; see :class:`tapeline.storage.retention.Thinner`.

    Snapshots of books by price level are in a table of their own and stay. Rows without a time lie
    on 1970-01-01, which is never dropped: rows that have a time of that day are deleted.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._session = Session(address, self._prepare)
        self._rows: dict[Day, int] = {}

    def begin(self) -> None:
        """Remember how many rows each day has; see :meth:`Thinner.begin`."""
        self._rows = self._session.run(_counted, "counting days")

    def tidy(self) -> None:
        """Do nothing: the server does; see :meth:`Thinner.tidy`."""

    def bytes_before(self, event_type: str, before_ns: int) -> int | None:
        """Add up the days that are over; see :meth:`Thinner.bytes_before`."""
        if event_type not in DAILY:
            return None
        days = self._due(event_type, before_ns)

        async def work(connection: asyncpg.Connection) -> int:
            if await is_timescale(connection):
                end = datetime.fromtimestamp(before_ns // 10**9, UTC)
                return int(await connection.fetchval(CHUNK_BYTES, event_type, end) or 0)
            schema = self._address.schema
            names = [f'"{schema}"."{day.partition}"' for day in days if day.number != _SHARED]
            query = "SELECT sum(pg_total_relation_size(to_regclass(n))) FROM unnest($1::text[]) n"
            return int(await connection.fetchval(query, names) or 0)

        return self._session.run(work, "measuring days")

    def drop_before(self, event_type: str, before_ns: int) -> int:
        """Drop days that are over, one transaction a day; see :meth:`Thinner.drop_before`."""
        days = self._due(event_type, before_ns)
        return sum(self._session.run(self._dropping(day), f"dropping {day.table}") for day in days)

    def close(self) -> None:
        """Let the connection go."""
        self._session.close()

    async def _prepare(self, connection: asyncpg.Connection) -> None:
        await check_version(connection, self._address.schema)

    def _due(self, event_type: str, before_ns: int) -> list[Day]:
        return sorted(
            day
            for day in self._rows
            if day.table == event_type and day.start_ns + _DAY_NS <= before_ns
        )

    def _dropping(self, day: Day) -> "Dropping":
        return Dropping(self._address.shown, day, self._rows[day])


class Dropping:
    """Drops one day, if it is as it was: called with a connection, it returns the rows gone.

    Parameters
    ----------
    shown
        The store's address, for messages.
    rows
        How many rows the day must have.
    """

    def __init__(self, shown: str, day: Day, rows: int) -> None:
        self._shown = shown
        self._day = day
        self._rows = rows

    async def __call__(self, connection: asyncpg.Connection) -> int:
        """Drop it, in one transaction."""
        day = self._day
        has_chunks = day.table in DAILY and await is_timescale(connection)
        async with connection.transaction():
            # Whoever writes rows of the day waits, and everybody who has written them is done.
            await connection.execute(f'LOCK TABLE "{day.table}" IN SHARE ROW EXCLUSIVE MODE')
            found = (await _counted(connection)).get(day, 0)
            if found == 0:
                return 0
            if found != self._rows:
                raise StoreConflictError(
                    f"{self._shown}: {day.table} rows of {day.bounds[0][:10]} came"
                    " meanwhile; archive them and run retention again"
                )
            gone = found
            if day.number == _SHARED:
                gone = int(await connection.fetchval(_TAKEN.format(_deleted(day))))
            else:
                await connection.execute(_dropped(day, has_chunks=has_chunks))
            await connection.execute(_COUNT_LESS, day.table, day.number, gone)
            await connection.execute(_COUNT_NO_MORE, day.table, day.number)
            # Snapshots of books stay, and so do the times of their instruments.
            if day.table != "orderbook":
                end_ns = day.start_ns + _DAY_NS
                await connection.execute(_NARROW, day.table, end_ns)
                await connection.execute(_FORGET, day.table, end_ns)
        return gone


def _dropped(day: Day, *, has_chunks: bool) -> str:
    """Return the statement that takes a day's rows out of a table."""
    begin, end = day.bounds
    if has_chunks:
        return (
            f"SELECT drop_chunks('{day.table}', older_than => '{end}'::timestamptz,"
            f" newer_than => '{begin}'::timestamptz)"
        )
    if day.table in DAILY:
        return f'DROP TABLE "{day.partition}"'
    return _deleted(day)


def _deleted(day: Day) -> str:
    begin, end = day.bounds
    key = f"coalesce({', '.join(TIME_COLUMNS[day.table])})"
    return (
        f'DELETE FROM "{day.table}" WHERE {key} IS NOT NULL'  # noqa: S608
        f" AND time >= '{begin}' AND time < '{end}'"
    )


async def _counted(connection: asyncpg.Connection) -> dict[Day, int]:
    return {Day(row[0], row[1]): row[2] for row in await connection.fetch(_COUNTED)}


def open_thinner(target: Target) -> PostgresThinner:
    """Open the store of an address to take rows out.

    Raises
    ------
    SettingsError
        The address names no database, or an option that there is not.
    """
    return PostgresThinner(address_of(target))
