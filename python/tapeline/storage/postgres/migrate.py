"""Bring a database to the tables of this version: numbered scripts, only ever forwards."""

import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Final, NamedTuple

import asyncpg

from tapeline.errors import StoreFormatError
from tapeline.storage.postgres.tables import TABLES, columns_of_table

_NAME: Final = re.compile(r"([0-9]{4})_([a-z_]+)(?:\.(plain|timescale))?\.sql")
_LOCK: Final = 0x7461_7065_6C69_6E65
"""Whoever migrates holds this advisory lock."""

_HISTORY: Final = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)"""
_COLUMNS: Final = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = to_regnamespace($1)::oid AND c.relname = ANY($2)
    AND a.attnum > 0 AND NOT a.attisdropped"""


class Migration(NamedTuple):
    """One script."""

    version: int
    name: str
    sql: str


def migrations(*, has_timescale: bool) -> list[Migration]:
    """Return the scripts in order, in the variant for a server with or without TimescaleDB."""
    variant = "timescale" if has_timescale else "plain"
    found = []
    for each in files("tapeline.storage.postgres").joinpath("migrations").iterdir():
        parts = _NAME.fullmatch(each.name)
        if parts is not None and parts[3] in (None, variant):
            found.append(Migration(int(parts[1]), parts[2], each.read_text("utf-8")))
    return sorted(found)


async def migrate(connection: asyncpg.Connection, schema: str, *, up_to: int | None = None) -> None:
    """Make what is missing, in one transaction; do nothing when nothing is.

    Parameters
    ----------
    schema
        The PostgreSQL schema that holds the tables; made when it is not there.
    up_to
        Stop after this version.

    Raises
    ------
    StoreFormatError
        The database is newer than this program.
    """
    has_timescale = await is_timescale(connection)
    wanted = migrations(has_timescale=has_timescale)
    # Most starts find everything in place, and need no right to make anything.
    if await _version(connection, schema, wanted) >= wanted[-1].version:
        return
    async with connection.transaction():
        await connection.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
        await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        done = await _version(connection, schema, wanted)
        await connection.execute(_HISTORY)
        for each in wanted:
            if done < each.version <= (up_to or each.version):
                await connection.execute(each.sql)
                await connection.execute(
                    "INSERT INTO schema_migrations (version, name) VALUES ($1, $2)",
                    each.version,
                    each.name,
                )


async def is_timescale(connection: asyncpg.Connection) -> bool:
    """Whether this database has the TimescaleDB extension."""
    query = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')"
    return bool(await connection.fetchval(query))


async def check_tables(connection: asyncpg.Connection, schema: str) -> None:
    """Compare the tables that are there with those this program writes.

    Raises
    ------
    StoreFormatError
        A column is missing or has another type; the message names it.
    """
    rows = await connection.fetch(_COLUMNS, schema, list(TABLES))
    found = {(row[0], row[1]): row[2] for row in rows}
    for table in TABLES:
        for column in columns_of_table(table):
            is_type = found.get((table, column.name))
            if is_type != column.sql:
                raise StoreFormatError(
                    f"column {column.name} of {schema}.{table} must be {column.sql}, is"
                    f" {is_type or 'not there'}: somebody has changed the table"
                )


async def check_version(connection: asyncpg.Connection, schema: str) -> None:
    """Refuse a database this program does not know, or that was never made.

    Raises
    ------
    StoreFormatError
        It is newer or older than this program, or not one of ours.
    """
    wanted = migrations(has_timescale=await is_timescale(connection))
    version = await _version(connection, schema, wanted)
    if version == 0:
        raise StoreFormatError(
            f"schema {schema} of database {await connection.fetchval('SELECT current_database()')}"
            " holds no store of tapeline: check the address, or start `tapeline store` on it, which"
            " makes one"
        )
    if version < wanted[-1].version:
        raise StoreFormatError(
            f"schema {schema} is at version {version}, not {wanted[-1].version}: start"
            " `tapeline store` on it once, which brings it up to date"
        )


async def _version(connection: asyncpg.Connection, schema: str, known: Sequence[Migration]) -> int:
    """Return the version of a database, 0 for one without tables of ours."""
    table = f'"{schema}".schema_migrations'
    if await connection.fetchval("SELECT to_regclass($1)", table) is None:
        return 0
    newest = f"SELECT coalesce(max(version::text::integer), 0) FROM {table}"  # noqa: S608 - a checked name
    try:
        version = int(await connection.fetchval(newest))
    except (asyncpg.DataError, asyncpg.UndefinedColumnError) as error:
        raise StoreFormatError(
            f"schema {schema} holds tables of another program: its schema_migrations is not ours"
            f" ({error})"
        ) from error
    if version > known[-1].version:
        raise StoreFormatError(
            f"schema {schema} has version {version}, this tapeline knows versions up to"
            f" {known[-1].version}: use a newer one"
        )
    return version
