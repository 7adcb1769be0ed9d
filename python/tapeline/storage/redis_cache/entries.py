"""The last state of each instrument in a chunk."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

import orjson
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tapeline.storage.redis_cache.books import Books

Entries: TypeAlias = Mapping[str, Mapping[str, bytes]]
"""By kind, by instrument (``EXCHANGE.MARKET.RAW``): JSON."""

_INSTRUMENT: Final = ("exchange", "market", "raw_symbol")
_TICKER: Final = ("symbol", "price", "quantity", "side", "timestamp_ns", "received_ns", "quality")
_BEST: Final = ("symbol", "timestamp_ns", "received_ns", "quality")


def entries_of(tables: Mapping[str, pa.Table], books: Books) -> Entries:
    """Return what a chunk says of its instruments.

    Parameters
    ----------
    tables
        As a store is given them.
    books
        What was known before; takes the chunk's order books.
    """
    found: dict[str, dict[str, bytes]] = {"ticker": {}, "l1": {}, "l2": {}}
    trades, orders = tables.get("trade"), tables.get("orderbook")
    if trades is not None:
        for row in _last(trades, [*_INSTRUMENT, *_TICKER]):
            found["ticker"][name_of(row)] = _json({name: row[name] for name in _TICKER})
    if orders is not None:
        for row in _last(_of_depth(orders, 1), [*_INSTRUMENT, *_BEST, "bids", "asks"]):
            best = {"bid": _level(row["bids"]), "ask": _level(row["asks"])}
            found["l1"][name_of(row)] = _json({name: row[name] for name in _BEST} | best)
        for row in books.take(_of_depth(orders, 2)):
            found["l2"][name_of(row)] = _json(
                {k: v for k, v in row.items() if k not in _INSTRUMENT}
            )
    return found


def name_of(row: Mapping[str, Any]) -> str:
    """Return the instrument of a row as keys spell it."""
    return ".".join(str(row[name]) for name in _INSTRUMENT)


def _of_depth(orders: pa.Table, depth: int) -> pa.Table:
    return orders.filter(pc.equal(orders["depth"], depth))


def _last(table: pa.Table, columns: list[str]) -> Iterator[dict[str, Any]]:
    """Yield each instrument's last row: rows come in order of arrival."""
    frame = pl.DataFrame(pl.from_arrow(table.select(_INSTRUMENT))).with_row_index("place")
    places = frame.group_by(_INSTRUMENT).agg(pl.col("place").last())["place"]
    rows: list[dict[str, Any]] = table.select(columns).take(places.to_arrow()).to_pylist()
    yield from rows


def _level(levels: list[dict[str, Decimal]]) -> list[str] | None:
    return [text_of(levels[0]["price"]), text_of(levels[0]["quantity"])] if levels else None


def text_of(value: Decimal) -> str:
    """Return a number in plain digits, without the zeros of its scale."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _json(content: Mapping[str, Any]) -> bytes:
    return orjson.dumps(
        {k: text_of(v) if isinstance(v, Decimal) else v for k, v in content.items()}
    )
