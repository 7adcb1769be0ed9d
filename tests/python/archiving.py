"""Stores to compact, archive and thin out, made row by row."""

import random
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.store import ParquetStore
from tapeline.storage.ports import Chunk
from tapeline.storage.schema import LOG_INDEX, LOG_OFFSET, stored_schema_of
from tapeline.telemetry.clock import SystemClock

DAY_NS = 86_400_000_000_000
MINUTE_NS = 60_000_000_000
JANUARY_NS = 1_704_067_200_000_000_000
"""2024-01-01 00:00:00 UTC."""


def trade(
    number: int,
    time_ns: int,
    *,
    symbol: str = "BTC/USDT",
    price: str = "100.5",
    quantity: str = "0.001",
    side: str | None = "buy",
    exchange: str = "binance",
) -> dict[str, Any]:
    return {
        "exchange": exchange,
        "market": "spot",
        "symbol": symbol,
        "raw_symbol": symbol.replace("/", ""),
        "event_id": number.to_bytes(16, "big"),
        "native_id": str(number),
        "price": Decimal(price),
        "quantity": Decimal(quantity),
        "side": side,
        "timestamp_ns": time_ns,
        "received_ns": time_ns + 7,
        "quality": "perfect",
        "issues": [],
        "metadata": [("k", str(number))] if number % 3 == 0 else [],
        LOG_OFFSET: number,
        LOG_INDEX: 0,
    }


def funding(number: int, time_ns: int, rate: str = "0.000100000000000001") -> dict[str, Any]:
    return {
        "exchange": "binance",
        "market": "perp",
        "symbol": "BTC/USDT",
        "raw_symbol": "BTCUSDT",
        "event_id": number.to_bytes(16, "little"),
        "rate": Decimal(rate),
        "mark_price": Decimal("50000.10"),
        "index_price": None,
        "interval_ns": 28_800_000_000_000,
        "next_funding_ns": time_ns + DAY_NS,
        "timestamp_ns": time_ns,
        "received_ns": None,
        "quality": "perfect",
        "issues": [],
        "metadata": [],
        LOG_OFFSET: number,
        LOG_INDEX: 0,
    }


def coverage(
    number: int, start_ns: int, end_ns: int, *, kind: str = "gap", raw_symbol: str = "BTCUSDT"
) -> dict[str, Any]:
    return {
        "exchange": "binance",
        "market": "spot",
        "symbol": "BTC/USDT",
        "raw_symbol": raw_symbol,
        "channel": "trade",
        "kind": kind,
        "proof": "proven_gap",
        "first_id": 1,
        "last_id": 2,
        "start_ns": start_ns,
        "end_ns": end_ns,
        "received_ns": end_ns,
        "reason": "",
        LOG_OFFSET: number,
        LOG_INDEX: 0,
    }


def table_of(event_type: str, rows: Sequence[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), stored_schema_of(event_type))


def write(root: Path, *chunks: dict[str, Sequence[dict[str, Any]]]) -> None:
    """Write chunks as commits of a live store."""
    store = ParquetStore(LocalFolder(root), clock=SystemClock())
    store.open()
    for chunk in chunks:
        store.write(Chunk({kind: table_of(kind, rows) for kind, rows in chunk.items()}, {}, {}))
    store.close()


def many_small_files(root: Path, files: int, rows: int, *, seed: int = 1) -> list[dict[str, Any]]:
    """Write files that overlap a little in time, on two days; return all rows."""
    chance = random.Random(seed)
    made: list[dict[str, Any]] = []
    chunks: list[dict[str, Sequence[dict[str, Any]]]] = []
    for file in range(files):
        some = []
        for row in range(rows):
            number = file * rows + row
            late_ns = chance.randrange(3) * MINUTE_NS
            time_ns = JANUARY_NS + number * (2 * DAY_NS // (files * rows)) - late_ns
            symbol = chance.choice(("BTC/USDT", "ETH/USDT"))
            some.append(trade(number, max(time_ns, JANUARY_NS), symbol=symbol))
        chunks.append({"trade": sorted(some, key=lambda each: str(each["symbol"]))})
        made += some
    write(root, *chunks)
    return made


def book(
    number: int, time_ns: int, *, action: str = "delta", depth: int = 2, price: str = "100.1"
) -> dict[str, Any]:
    level = {"price": Decimal(price), "quantity": Decimal("1.000000000000000001")}
    return {
        "exchange": "binance",
        "market": "spot",
        "symbol": "BTC/USDT",
        "raw_symbol": "BTCUSDT",
        "event_id": number.to_bytes(16, "big"),
        "depth": depth,
        "action": action,
        "first_update_id": number,
        "last_update_id": number,
        "prev_update_id": None,
        "bids": [level],
        "asks": [],
        "origin": "stream",
        "timestamp_ns": time_ns,
        "received_ns": time_ns,
        "quality": "perfect",
        "issues": [],
        "metadata": [],
        LOG_OFFSET: number,
        LOG_INDEX: 0,
    }


class SetClock(SystemClock):
    """A clock whose wall time is set; the rest is real."""

    def __init__(self, wall_ns: int) -> None:
        self._wall_ns = wall_ns

    def wall_ns(self) -> int:
        return self._wall_ns
