"""The instruments of OKX, from the venue's own list.

One connection carries every market, so the list of any market holds those of all: each instrument
says which market is its own. Quantities of derivatives count contracts of ``ctVal`` x ``ctMult``.
"""

from datetime import UTC, datetime
from typing import Any

from tapeline.adapters.instrument_list import InstrumentList, Rows, decimal, text
from tapeline.adapters.okx.addresses import EXCHANGE, INSTRUMENTS_PATH
from tapeline.adapters.venue import address
from tapeline.model import Instrument, InstrumentKind, normalised_symbol

_MARKETS: dict[str, tuple[str, InstrumentKind]] = {
    "SPOT": ("spot", "spot"),
    "SWAP": ("swap", "perpetual"),
    "FUTURES": ("futures", "future"),
}


def instrument_list(market: str) -> InstrumentList:
    """Return the reader of one market's list; all of them hold all markets."""
    return InstrumentList(
        EXCHANGE,
        market,
        "a reply of /api/v5/public/instruments",
        _is_reply,
        _rows,
        _instrument,
        "tapeline.adapters.okx",
    )


def _is_reply(url: str) -> bool:
    return address(url).path == INSTRUMENTS_PATH


def _rows(document: Any) -> Rows | None:  # noqa: ANN401 - any JSON
    rows = document.get("data") if isinstance(document, dict) else None
    return rows if isinstance(rows, list) else None


def _instrument(row: Any) -> Instrument | None:  # noqa: ANN401 - any JSON
    known = _MARKETS.get(row["instType"])
    if known is None:
        return None
    market, kind = known
    if kind == "spot":
        return _spot(row)
    base, quote = _underlying(row)
    settle = text(row, "settleCcy")
    expiry_ns = int(row["expTime"]) * 1_000_000 if kind == "future" else None
    size, multiplier = decimal(row["ctVal"]), decimal(row["ctMult"])
    if size is None or multiplier is None:
        raise ValueError("ctVal and ctMult must be decimal numbers above zero")
    return Instrument(
        EXCHANGE,
        market,
        normalised_symbol(base, quote, settle, "" if expiry_ns is None else _day(expiry_ns)),
        text(row, "instId"),
        kind=kind,
        base=base,
        quote=quote,
        settle=settle,
        contract_size=size * multiplier,
        is_inverse=row["ctType"] == "inverse",
        expiry_ns=expiry_ns,
        status=_status(row),
        tick_size=decimal(row.get("tickSz")),
    )


def _spot(row: Any) -> Instrument:  # noqa: ANN401 - any JSON
    base, quote = text(row, "baseCcy"), text(row, "quoteCcy")
    return Instrument(
        EXCHANGE,
        "spot",
        normalised_symbol(base, quote),
        text(row, "instId"),
        base=base,
        quote=quote,
        status=_status(row),
        tick_size=decimal(row.get("tickSz")),
    )


def _underlying(row: Any) -> tuple[str, str]:  # noqa: ANN401 - any JSON
    base, dash, quote = text(row, "uly").partition("-")
    if not (base and dash and quote):
        raise ValueError("uly must be two coins with a dash between")
    return base, quote


def _day(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).strftime("%y%m%d")


def _status(row: Any) -> str:  # noqa: ANN401 - any JSON
    state = row.get("state", "")
    return "trading" if state == "live" else str(state).lower()
