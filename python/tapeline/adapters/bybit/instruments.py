"""The instruments of Bybit, from the venue's own list.

Linear and spot quantities count the base coin. Inverse ones count contracts of 1 unit of the quote
coin, so that the contract size is 1 and says which coin it is of.
"""

from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from tapeline.adapters.bybit.addresses import (
    EXCHANGE,
    INSTRUMENTS_PATH,
    LEGACY_INSTRUMENTS_PATH,
)
from tapeline.adapters.instrument_list import InstrumentList, Rows, decimal, text
from tapeline.adapters.venue import address
from tapeline.model import Instrument, InstrumentKind, normalised_symbol

_INVERSE_SIZE = Decimal(1)
_KINDS: dict[str, InstrumentKind] = {
    "LinearPerpetual": "perpetual",
    "LinearFutures": "future",
    "InversePerpetual": "perpetual",
    "InverseFutures": "future",
}


def instrument_list(category: str) -> InstrumentList:
    """Return the reader of one category's list."""
    return InstrumentList(
        EXCHANGE,
        category,
        "a reply of /v5/market/instruments-info",
        partial(_is_reply, category),
        _rows,
        partial(_instrument, category),
        f"tapeline.adapters.bybit.{category}",
    )


def _is_reply(category: str, url: str) -> bool:
    parts = address(url)
    if parts.path == LEGACY_INSTRUMENTS_PATH:
        return category != "spot"
    return parts.path == INSTRUMENTS_PATH and parts.query.get("category") == category


def _rows(document: Any) -> Rows | None:  # noqa: ANN401 - any JSON
    result = document.get("result") if isinstance(document, dict) else None
    if isinstance(result, list):
        return [(None, row) for row in result]
    if isinstance(result, dict) and isinstance(result.get("list"), list):
        return [(result.get("category"), row) for row in result["list"]]
    return None


def _instrument(category: str, row: Any) -> Instrument | None:  # noqa: ANN401 - any JSON
    listed, fields = row
    if listed is None:
        return _legacy(category, fields)
    if listed != category:
        return None
    return _spot(fields) if category == "spot" else _contract(category, fields)


def _spot(row: Any) -> Instrument:  # noqa: ANN401 - any JSON
    base, quote = text(row, "baseCoin"), text(row, "quoteCoin")
    return Instrument(
        EXCHANGE,
        "spot",
        normalised_symbol(base, quote),
        text(row, "symbol"),
        base=base,
        quote=quote,
        status=_status(row),
        tick_size=_tick_size(row.get("priceFilter"), "tickSize"),
    )


def _contract(category: str, row: Any) -> Instrument:  # noqa: ANN401 - any JSON
    base, quote, settle = (text(row, key) for key in ("baseCoin", "quoteCoin", "settleCoin"))
    kind = _KINDS[row["contractType"]]
    expiry_ns = int(row["deliveryTime"]) * 1_000_000 if kind == "future" else None
    is_inverse = category == "inverse"
    return Instrument(
        EXCHANGE,
        category,
        normalised_symbol(base, quote, settle, "" if expiry_ns is None else _day(expiry_ns)),
        text(row, "symbol"),
        kind=kind,
        base=base,
        quote=quote,
        settle=settle,
        contract_size=_INVERSE_SIZE if is_inverse else None,
        is_inverse=is_inverse,
        expiry_ns=expiry_ns,
        status=_status(row),
        tick_size=_tick_size(row.get("priceFilter"), "tickSize"),
    )


def _legacy(category: str, row: Any) -> Instrument | None:  # noqa: ANN401 - any JSON
    """Read a row of before version 5; those of dated contracts do not say when they expire."""
    base, quote, raw_symbol = (
        text(row, key) for key in ("base_currency", "quote_currency", "name")
    )
    is_inverse = quote == "USD"
    if row["alias"] != raw_symbol or is_inverse != (category == "inverse"):
        return None
    settle = base if is_inverse else quote
    return Instrument(
        EXCHANGE,
        category,
        normalised_symbol(base, quote, settle),
        raw_symbol,
        kind="perpetual",
        base=base,
        quote=quote,
        settle=settle,
        contract_size=_INVERSE_SIZE if is_inverse else None,
        is_inverse=is_inverse,
        status=_status(row),
        tick_size=_tick_size(row.get("price_filter"), "tick_size"),
    )


def _tick_size(filters: Any, key: str) -> Decimal | None:  # noqa: ANN401 - any JSON
    return decimal(filters.get(key)) if isinstance(filters, dict) else None


def _day(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).strftime("%y%m%d")


def _status(row: Any) -> str:  # noqa: ANN401 - any JSON
    return str(row.get("status", "")).lower()
