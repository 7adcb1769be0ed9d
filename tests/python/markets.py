"""Small markets whose every number is known, in a Parquet store."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.store import ParquetStore
from tapeline.storage.ports import Chunk
from tapeline.storage.schema import stored_schema_of
from tapeline.telemetry.clock import SystemClock

START = 1_767_614_400_000_000_000
"""2026-01-05T12:00:00Z."""
SECOND = 1_000_000_000

Row = dict[str, Any]
Rows = Mapping[str, Sequence[Row]]
SPOT = {"exchange": "binance", "market": "spot", "symbol": "BTC/USDT", "raw_symbol": "BTCUSDT"}
PERPETUAL = {
    "exchange": "binance",
    "market": "usdm",
    "symbol": "BTC/USDT:USDT",
    "raw_symbol": "BTCUSDT",
}
INVERSE = {
    "exchange": "binance",
    "market": "coinm",
    "symbol": "BTC/USD:BTC",
    "raw_symbol": "BTCUSD_PERP",
}


def trade(
    time_ns: int, price: str, quantity: str = "1", *, side: str = "buy", **more: object
) -> Row:
    """A trade."""
    return {
        "time_ns": time_ns,
        "price": Decimal(price),
        "quantity": Decimal(quantity),
        "side": side,
        **more,
    }


def funding(time_ns: int, rate: str | None, next_ns: int, mark: str | None, **more: object) -> Row:
    """A funding state."""
    return {
        "time_ns": time_ns,
        "rate": None if rate is None else Decimal(rate),
        "mark_price": None if mark is None else Decimal(mark),
        "next_funding_ns": next_ns,
        **more,
    }


def book(time_ns: int, bids: Sequence[tuple[str, str]], asks: Sequence[tuple[str, str]]) -> Row:
    """A snapshot of a book."""
    return {"time_ns": time_ns, "bids": _levels(bids), "asks": _levels(asks)}


def session(time_ns: int, channel: str, proof: str = "proven_complete") -> Row:
    """The statement that a stream began."""
    return {"channel": channel, "kind": "session_start", "proof": proof, "start_ns": time_ns}


def gap(channel: str, start_ns: int, end_ns: int, first_id: int, last_id: int) -> Row:
    """The statement that ids never came."""
    return {
        "channel": channel,
        "kind": "gap_opened",
        "proof": "proven_gap",
        "start_ns": start_ns,
        "end_ns": end_ns,
        "first_id": first_id,
        "last_id": last_id,
    }


def stored(folder: Path, rows: Rows, names: Mapping[str, str] = SPOT) -> str:
    """Store the rows of an instrument; return the target."""
    store = ParquetStore(LocalFolder(folder), clock=SystemClock())
    store.open()
    tables = {kind: _table(kind, some, names) for kind, some in rows.items() if some}
    store.write(Chunk(tables, {}, {}))
    store.close()
    return f"parquet:{folder}"


def _table(kind: str, rows: Sequence[Row], names: Mapping[str, str]) -> pa.Table:
    schema = stored_schema_of(kind)
    return pa.Table.from_pylist(
        [_filled(kind, row, place, names, schema) for place, row in enumerate(rows)], schema
    )


def _filled(
    kind: str, row: Row, place: int, names: Mapping[str, str], schema: pa.Schema
) -> dict[str, Any]:
    """Add the columns of a row that say nothing here."""
    channel = kind.encode()[:7].ljust(7, b"_")
    usual: dict[str, Any] = {
        **names,
        "event_id": channel + b"\x80" + place.to_bytes(7, "big") + b"\x01",
        "native_id": str(place),
        "quality": "perfect",
        "issues": [],
        "metadata": [],
        "timestamp_ns": row.get("time_ns"),
        "depth": 2,
        "action": "snapshot",
        "origin": "wire",
        "channel": "trade",
        "reason": "",
        "log_offset": place,
        "log_index": 0,
    }
    known = {**usual, **row}
    return {name: known.get(name) for name in schema.names}


def _levels(levels: Sequence[tuple[str, str]]) -> list[dict[str, Decimal]]:
    return [{"price": Decimal(price), "quantity": Decimal(quantity)} for price, quantity in levels]
