"""Klines: a kline that comes again, because late trades changed it, replaces the one before."""

from collections.abc import AsyncIterator
from typing import Final

import asyncpg
import pyarrow as pa
import pyarrow.compute as pc

from tapeline.storage.postgres.address import Address, address_of
from tapeline.storage.postgres.migrate import migrate
from tapeline.storage.postgres.names import add_instruments, instruments_of, read_ids
from tapeline.storage.postgres.native import CopyEncoder
from tapeline.storage.postgres.session import Session
from tapeline.storage.postgres.tables import INSTRUMENT
from tapeline.storage.targets import Target

_STAGE: Final = "CREATE TEMPORARY TABLE kline_stage (LIKE kline) ON COMMIT DROP"
_KEY: Final = ("symbol_id", "interval_ns", "start_ns")


class KlineTable:
    """The table ``kline`` of a store."""

    def __init__(self, address: Address) -> None:
        self._schema = address.schema
        self._session = Session(address, self._prepare)

    def put(self, klines: pa.Table) -> None:
        """Write klines in one transaction.

        Parameters
        ----------
        klines
            Columns of :data:`tapeline.storage.archive.klines.KLINE_SCHEMA`, no kline twice.

        Raises
        ------
        StoreUnavailableError, StoreFormatError
            Nothing was written; see :class:`tapeline.storage.postgres.session.Session`.
        """
        if klines.num_rows:

            async def work(connection: asyncpg.Connection) -> None:
                rows = await _rows(connection, klines)
                async with connection.transaction():
                    await connection.execute(_STAGE)
                    await connection.copy_to_table(
                        "kline_stage",
                        source=_pieces(rows),
                        columns=rows.column_names,
                        format="binary",
                    )
                    await connection.execute(_merge(rows.column_names))

            self._session.run(work, "writing kline")

    def close(self) -> None:
        """Let the connection go; harmless when called twice."""
        self._session.close()

    async def _prepare(self, connection: asyncpg.Connection) -> None:
        await migrate(connection, self._schema)


async def _rows(connection: asyncpg.Connection, klines: pa.Table) -> pa.Table:
    """Return klines with the columns of the table."""
    instruments = instruments_of(klines)
    known = await read_ids(connection)
    if missing := [names for names in instruments.names if names not in known]:
        known = await add_instruments(connection, missing)
    exchange_ids, symbol_ids = instruments.ids(known)
    rows = klines.drop_columns(list(INSTRUMENT))
    rows = rows.append_column("exchange_id", exchange_ids).append_column("symbol_id", symbol_ids)
    return rows.append_column("time", pc.cast(rows["start_ns"], pa.timestamp("ns")))


def _merge(columns: list[str]) -> str:
    """Return the statement that moves staged klines into their table."""
    names = ", ".join(columns)
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in _KEY)
    return (
        f"INSERT INTO kline ({names}) SELECT {names} FROM kline_stage"  # noqa: S608 - our names
        f" ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {changed}"
    )


async def _pieces(rows: pa.Table) -> AsyncIterator[bytes]:
    for piece in CopyEncoder(rows):
        yield piece


def open_klines(target: Target) -> KlineTable:
    """Open the table ``kline`` of the store of an address.

    Raises
    ------
    SettingsError
        The address names no database, or an option that there is not.
    """
    return KlineTable(address_of(target))
