"""Klines into PostgreSQL, made elsewhere; one that is there is replaced as a whole."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import pyarrow as pa

from tapeline.storage.postgres.address import Address, address_of
from tapeline.storage.postgres.migrate import check_version
from tapeline.storage.postgres.names import Ids, Instrument, add_instruments, read_ids
from tapeline.storage.postgres.session import Session
from tapeline.storage.targets import Target

_COLUMNS: Final = (
    "interval_ns",
    "start_ns",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "notional",
    "trades",
    "taker_buy_volume",
    "gaps",
)
_NAMES: Final = ("exchange", "market", "symbol", "raw_symbol")
_STORED: Final = ("time", "exchange_id", "symbol_id", *_COLUMNS)
_KEY: Final = ("symbol_id", "interval_ns", "start_ns")
_ROWS: Final = 50_000


class KlineTable:
    """The table ``kline`` of a store."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._session = Session(address, self._prepare)

    def put(self, klines: pa.Table) -> int:
        """Write klines, in steps of one transaction each; return how many.

        Parameters
        ----------
        klines
            Columns of :data:`tapeline.storage.archive.klines.KLINE_SCHEMA`.

        Raises
        ------
        StoreUnavailableError
            Not now. Doing it again is harmless.
        StoreFormatError
            The database is older or newer than this program.
        """
        for begin in range(0, klines.num_rows, _ROWS):
            self._put(klines.slice(begin, _ROWS))
        return int(klines.num_rows)

    def close(self) -> None:
        """Let the connection go."""
        self._session.close()

    def _put(self, klines: pa.Table) -> None:
        names = list(zip(*(klines[name].to_pylist() for name in _NAMES), strict=True))

        async def work(connection: asyncpg.Connection) -> None:
            async with connection.transaction():
                known = await read_ids(connection)
                missing = set(names) - set(known)
                if missing:
                    known = await add_instruments(connection, missing)
                await connection.execute(
                    "CREATE TEMP TABLE kline_new (LIKE kline INCLUDING DEFAULTS) ON COMMIT DROP"
                )
                await connection.copy_records_to_table(
                    "kline_new",
                    records=_records(klines, names, known),
                    columns=list(_STORED),
                )
                await connection.execute(_MERGE)

        self._session.run(work, "writing kline")

    async def _prepare(self, connection: asyncpg.Connection) -> None:
        await check_version(connection, self._address.schema)


def open_klines(target: Target) -> KlineTable:
    """Open the kline table of an address.

    Raises
    ------
    SettingsError
        The address names no database, or an option that there is not.
    """
    return KlineTable(address_of(target))


def _merged() -> str:
    columns = ", ".join(_STORED)
    changed = [name for name in _STORED if name not in _KEY]
    sets = ", ".join(f"{name} = excluded.{name}" for name in changed)
    return (
        f"INSERT INTO kline ({columns}) SELECT {columns} FROM kline_new"  # noqa: S608 - names above
        f" ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {sets}"
    )


_MERGE: Final = _merged()


def _records(
    klines: pa.Table, names: list[Instrument], known: dict[Instrument, Ids]
) -> Iterator[tuple[Any, ...]]:
    columns = [klines[name].to_pylist() for name in _COLUMNS]
    for name, values in zip(names, zip(*columns, strict=True), strict=True):
        # A kline begins at a whole second.
        time = datetime.fromtimestamp(values[1] // 1_000_000_000, UTC)
        yield (time, known[name].exchange, known[name].symbol, *values)
