"""Entries of ``/v5/market/instruments-info`` made from the symbols on a tape."""

from typing import Any

_QUOTES = ("USDT", "USDC", "USDE", "USD1", "EUR", "BRL", "TRY", "BTC", "ETH", "USD")


def instrument(category: str, symbol: str) -> dict[str, Any]:
    """Return the entry of a symbol; perpetuals where it is a contract."""
    base, quote = _split(symbol)
    entry: dict[str, Any] = {
        "symbol": symbol,
        "baseCoin": base,
        "quoteCoin": quote,
        "status": "Trading",
        "priceFilter": {"tickSize": "0.0001"},
    }
    if category == "spot":
        return entry | {
            "innovation": "0",
            "marginTrading": "none",
            "lotSizeFilter": {"basePrecision": "0.000001", "quotePrecision": "0.0000001"},
        }
    is_inverse = category == "inverse"
    return entry | {
        "contractType": "InversePerpetual" if is_inverse else "LinearPerpetual",
        "launchTime": "1585526400000",
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "settleCoin": base if is_inverse else quote,
        "fundingInterval": 480,
        "lotSizeFilter": {"qtyStep": "1" if is_inverse else "0.001", "minOrderQty": "0.001"},
    }


def _split(symbol: str) -> tuple[str, str]:
    if symbol.endswith("PERP"):
        return symbol.removesuffix("PERP"), "USDC"
    for quote in _QUOTES:
        if symbol.endswith(quote) and len(symbol) > len(quote):
            return symbol.removesuffix(quote), quote
    return symbol, ""
