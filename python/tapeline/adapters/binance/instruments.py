"""The instruments of Binance, from the venue's own lists.

A symbol is never taken apart by guessing where the base ends: exchangeInfo says base and quote.
"""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from tapeline.adapters.instrument_list import Addition, InstrumentList, Rows, decimal, text
from tapeline.adapters.venue import address
from tapeline.model import Instrument, InstrumentKind, normalised_symbol

EXCHANGE = "binance"

# The date of delivery that stands for none: 25 December 2100, give or take seconds.
_NEVER_MS = 4_102_444_800_000


_HOUR_NS = 3_600_000_000_000
# Binance futures REST API, "Get Funding Rate Info": it lists the symbols whose interval, cap or
# floor was adjusted. All others are funded every eight hours.
_USUAL_HOURS = 8


def instrument_list(market: str, path: str, funding_path: str | None = None) -> InstrumentList:
    """Return the reader of the replies of ``path``, which list one market.

    Parameters
    ----------
    funding_path
        Of the replies that say how often perpetuals are funded; None where nothing is.
    """
    return InstrumentList(
        EXCHANGE,
        market,
        "an exchangeInfo reply",
        partial(_is_reply, path),
        _rows,
        _spot if market == "spot" else partial(_contract, market),
        f"tapeline.adapters.binance.{market}",
        None if funding_path is None else Addition(partial(_is_reply, funding_path), _with_funding),
    )


def _with_funding(document: Any, instruments: list[Instrument]) -> list[Instrument]:  # noqa: ANN401
    hours = {text(row, "symbol"): row["fundingIntervalHours"] for row in document}
    if not all(isinstance(each, int) and each > 0 for each in hours.values()):
        raise ValueError("fundingIntervalHours must be a number of hours above zero")
    return [
        replace(each, funding_interval_ns=hours.get(each.raw_symbol, _USUAL_HOURS) * _HOUR_NS)
        if each.kind == "perpetual"
        else each
        for each in instruments
    ]


def _is_reply(path: str, url: str) -> bool:
    return address(url).path == path


def _rows(document: Any) -> Rows | None:  # noqa: ANN401 - any JSON
    rows = document.get("symbols") if isinstance(document, dict) else None
    return rows if isinstance(rows, list) else None


def _spot(row: Any) -> Instrument:  # noqa: ANN401 - any JSON
    base, quote = text(row, "baseAsset"), text(row, "quoteAsset")
    return Instrument(
        EXCHANGE,
        "spot",
        normalised_symbol(base, quote),
        text(row, "symbol"),
        base=base,
        quote=quote,
        status=_status(row),
        tick_size=_tick_size(row),
    )


def _contract(market: str, row: Any) -> Instrument:  # noqa: ANN401 - any JSON
    base, quote, settle = (text(row, key) for key in ("baseAsset", "quoteAsset", "marginAsset"))
    delivery_ms = int(row["deliveryDate"])
    is_perpetual = "PERPETUAL" in row["contractType"] or delivery_ms >= _NEVER_MS
    kind: InstrumentKind = "perpetual" if is_perpetual else "future"
    size = _contract_size(row) if market == "coinm" else None
    return Instrument(
        EXCHANGE,
        market,
        normalised_symbol(base, quote, settle, "" if is_perpetual else _day(delivery_ms)),
        text(row, "symbol"),
        kind=kind,
        base=base,
        quote=quote,
        settle=settle,
        contract_size=size,
        is_inverse=market == "coinm",
        expiry_ns=None if is_perpetual else delivery_ms * 1_000_000,
        status=_status(row),
        tick_size=_tick_size(row),
    )


def _contract_size(row: Any) -> Decimal:  # noqa: ANN401 - any JSON
    size = decimal(row["contractSize"])
    if size is None:
        raise ValueError("contractSize must be a number above zero")
    return size


def _tick_size(row: Any) -> Decimal | None:  # noqa: ANN401 - any JSON
    filters = row.get("filters")
    if not isinstance(filters, list):
        return None
    sizes = (each.get("tickSize") for each in filters if each.get("filterType") == "PRICE_FILTER")
    size = decimal(next(sizes, None))
    return None if size is None else size.normalize()


def _day(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%y%m%d")


def _status(row: Any) -> str:  # noqa: ANN401 - any JSON
    return str(row.get("status") or row.get("contractStatus") or "").lower()
