"""Days of the daily tables on a server without TimescaleDB: partitions, made when first needed."""

from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

import asyncpg
import polars as pl
import pyarrow as pa

_DAY_NS: Final = 86_400_000_000_000
_EPOCH: Final = date(1970, 1, 1)
_LOCK: Final = 0x7461_7065_6461_7973
"""Whoever makes a partition holds this advisory lock."""

_PARTITIONS: Final = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass($1)::oid"""
_CHUNKS: Final = """
SELECT DISTINCT range_start FROM timescaledb_information.chunks
WHERE hypertable_schema = $1 AND hypertable_name = $2"""


class Day(NamedTuple):
    """A UTC day of a table."""

    table: str
    number: int
    """Days since 1970-01-01."""

    @property
    def start_ns(self) -> int:
        """Its first Unix UTC nanosecond."""
        return self.number * _DAY_NS

    @property
    def partition(self) -> str:
        """Name of its partition."""
        return f"{self.table}_{text_of(self.number, '%Y%m%d')}"

    @property
    def bounds(self) -> tuple[str, str]:
        """Its first instant and that of the next day, as PostgreSQL reads them."""
        form = "%Y-%m-%d 00:00:00+00"
        return text_of(self.number, form), text_of(self.number + 1, form)


def text_of(number: int, form: str) -> str:
    """Write a day in a form of ``strftime``."""
    return (_EPOCH + timedelta(days=number)).strftime(form)


def days_of(times: pa.ChunkedArray) -> dict[int, int]:
    """Return the days of times (timestamps in nanoseconds) and how many each has, in order."""
    numbers = pl.Series(pl.from_arrow(times.cast(pa.int64())))
    counted = (numbers // _DAY_NS).alias("day").value_counts().sort("day")
    return dict(counted.iter_rows())


async def read_days(connection: asyncpg.Connection, schema: str, table: str) -> list[Day]:
    """Return the days a partitioned table has partitions of, in order."""
    rows = await connection.fetch(_PARTITIONS, f'"{schema}"."{table}"')
    digits = [row[0].removeprefix(f"{table}_") for row in rows]
    dates = [datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC) for text in digits]
    return sorted(Day(table, (each.date() - _EPOCH).days) for each in dates)


async def read_chunks(connection: asyncpg.Connection, schema: str, table: str) -> list[Day]:
    """Return the days a hypertable has chunks of, in order."""
    rows = await connection.fetch(_CHUNKS, schema, table)
    return sorted(Day(table, (row[0].date() - _EPOCH).days) for row in rows)


async def add_days(connection: asyncpg.Connection, schema: str, missing: list[Day]) -> None:
    """Make partitions, without holding up anybody who reads or writes the others.

    Attaching a table that is there already takes a weaker lock than making it in place.
    """
    async with connection.transaction():
        await connection.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
        for day in missing:
            if day in await read_days(connection, schema, day.table):
                continue
            begin, end = day.bounds
            await connection.execute(
                f'CREATE TABLE "{day.partition}" (LIKE "{day.table}" INCLUDING ALL);'
                f'ALTER TABLE "{day.table}" ATTACH PARTITION "{day.partition}"'
                f" FOR VALUES FROM ('{begin}') TO ('{end}')"
            )
