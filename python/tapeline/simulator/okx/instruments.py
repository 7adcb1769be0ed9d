"""Entries of ``/api/v5/public/instruments`` made from the names on a tape."""

from datetime import UTC, datetime
from typing import Any

#: Contract values of known linear contracts, in their base coin; others are made 1.
_LINEAR_VALUES = {"BTC": "0.01", "ETH": "0.1", "SOL": "1", "XRP": "100", "DOGE": "1000"}


def type_of(name: str) -> str:
    """Return ``SPOT``, ``SWAP`` or ``FUTURES``."""
    parts = name.split("-")
    if len(parts) == 2:
        return "SPOT"
    return "SWAP" if parts[2] == "SWAP" else "FUTURES"


def instrument(name: str) -> dict[str, Any]:
    """Return the entry of an instrument."""
    base, quote, *rest = name.split("-")
    kind = type_of(name)
    is_contract = kind != "SPOT"
    is_inverse = is_contract and quote == "USD"
    family = f"{base}-{quote}"
    value = ("100" if base == "BTC" else "10") if is_inverse else _LINEAR_VALUES.get(base, "1")
    return {
        "alias": "this_quarter" if kind == "FUTURES" else "",
        "baseCcy": "" if is_contract else base,
        "ctMult": "1" if is_contract else "",
        "ctType": "" if not is_contract else "inverse" if is_inverse else "linear",
        "ctVal": value if is_contract else "",
        "ctValCcy": "" if not is_contract else quote if is_inverse else base,
        "expTime": _expiry_ms(rest[0]) if kind == "FUTURES" else "",
        "instFamily": family if is_contract else "",
        "instId": name,
        "instType": kind,
        "lotSz": "0.01" if is_contract else "0.00000001",
        "minSz": "0.01" if is_contract else "0.00001",
        "quoteCcy": "" if is_contract else quote,
        "settleCcy": "" if not is_contract else base if is_inverse else quote,
        "state": "live",
        "tickSz": "0.0001",
        "uly": family if is_contract else "",
    }


def _expiry_ms(text: str) -> str:
    """Return 08:00 UTC of a day written YYMMDD."""
    day = datetime.strptime(text, "%y%m%d").replace(tzinfo=UTC, hour=8)
    return str(int(day.timestamp()) * 1_000)
