"""Frames as JSON: exact decimals as texts."""

from decimal import Decimal
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa

from tapeline.api.live.book_frames import ShownBook, Side
from tapeline.api.live.layout import NONE

_COLUMNS: Final = {
    "trade": ("price", "quantity", "event_id", "side", "quality"),
    "funding": ("rate", "mark_price", "index_price", "interval_ns", "next_funding_ns"),
    "liquidation": (
        "price",
        "average_price",
        "quantity",
        "event_id",
        "side",
        "quality",
        "status",
    ),
    "coverage": (
        "channel",
        "kind",
        "proof",
        "first_id",
        "last_id",
        "start_ns",
        "end_ns",
        "reason",
    ),
}
_KINDS: Final = {"trade": "trades"}


def event_rows(event_type: str, rows: pa.RecordBatch) -> dict[str, Any]:
    """Return what a JSON frame says of events: ``kind`` and ``rows``."""
    names = {name: name for name in _COLUMNS[event_type]}
    if event_type != "coverage":
        names = {"time_ns": "timestamp_ns", "received_ns": "received_ns", **names}
    else:
        names = {"received_ns": "received_ns", **names}
    columns = [[_plain(value) for value in rows[name].to_pylist()] for name in names.values()]
    return {
        "kind": _KINDS.get(event_type, event_type),
        "rows": [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)],
    }


def book(kind: str, shown: ShownBook, bids: Side, asks: Side) -> dict[str, Any]:
    """Return what a JSON frame says of a book, or of its changes."""
    return {
        "kind": kind,
        "live": shown.is_live,
        "last_update_id": shown.last_update_id,
        "time_ns": shown.time_ns,
        "bids": _levels(shown, bids),
        "asks": _levels(shown, asks),
    }


def bbo(shown: ShownBook) -> dict[str, Any]:
    """Return what a JSON frame says of the best bid and ask."""
    return {
        "kind": "bbo",
        "live": shown.is_live,
        "time_ns": shown.time_ns,
        "bid": next(iter(_levels(shown, _first(shown.bids))), None),
        "ask": next(iter(_levels(shown, _first(shown.asks))), None),
    }


def text(channel: int, sequence: int, as_of_ns: int, content: dict[str, Any]) -> str:
    """Return a JSON frame."""
    head = {
        "op": "data",
        "kind": content["kind"],
        "channel": channel,
        "sequence": sequence & 0xFFFF_FFFF,
        "as_of_ns": as_of_ns,
    }
    return orjson.dumps({**head, **content}).decode()


def _first(side: Side) -> Side:
    return Side(side.prices[:1], side.quantities[:1])


def _levels(shown: ShownBook, side: Side) -> list[list[str]]:
    prices, quantities = (np.asarray(each).tolist() for each in (side.prices, side.quantities))
    return [
        [_number(price, shown.price_scale), _number(quantity, shown.quantity_scale)]
        for price, quantity in zip(prices, quantities, strict=True)
        if price != NONE
    ]


def _number(mantissa: int, scale: int) -> str:
    return _decimal(Decimal(mantissa).scaleb(-scale))


def _plain(value: Any) -> Any:  # noqa: ANN401 - a value of any column
    if isinstance(value, Decimal):
        return _decimal(value)
    return value.hex() if isinstance(value, bytes) else value


def _decimal(value: Decimal) -> str:
    found = format(value, "f")
    return (found.rstrip("0").rstrip(".") if "." in found else found) or "0"
