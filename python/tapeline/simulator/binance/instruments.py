"""Entries of ``exchangeInfo`` made from the symbols of a tape that has no recorded one."""

from typing import Any

_QUOTES = (
    *("USDT", "USDC", "FDUSD", "TUSD", "BUSD", "USDS", "USD1", "EUR", "TRY", "BRL", "GBP"),
    *("BTC", "ETH", "BNB", "USD"),
)


def split(pair: str) -> tuple[str, str]:
    """Return base and quote of a pair written without a separator; a guess by known quotes."""
    for quote in _QUOTES:
        if pair.endswith(quote) and len(pair) > len(quote):
            return pair.removesuffix(quote), quote
    return pair, ""


def spot(symbol: str) -> dict[str, Any]:
    """Return the entry of a spot symbol."""
    base, quote = split(symbol)
    return {
        "symbol": symbol,
        "status": "TRADING",
        "baseAsset": base,
        "baseAssetPrecision": 8,
        "quoteAsset": quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "isSpotTradingAllowed": True,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.00000001", "tickSize": "0.00000001"},
            {"filterType": "LOT_SIZE", "minQty": "0.00000001", "stepSize": "0.00000001"},
        ],
        "permissions": ["SPOT"],
    }


def usdm(symbol: str) -> dict[str, Any]:
    """Return the entry of a USD-M contract."""
    pair, _, delivery = symbol.partition("_")
    base, quote = split(pair)
    return {**_contract(symbol, pair, delivery), "status": "TRADING"} | {
        "baseAsset": base,
        "quoteAsset": quote,
        "marginAsset": quote,
    }


def coinm(symbol: str) -> dict[str, Any]:
    """Return the entry of a COIN-M contract: 100 USD for BTC, 10 USD for all others."""
    pair, _, delivery = symbol.partition("_")
    base, quote = split(pair)
    return {**_contract(symbol, pair, delivery), "contractStatus": "TRADING"} | {
        "contractSize": 100 if base == "BTC" else 10,
        "baseAsset": base,
        "quoteAsset": quote,
        "marginAsset": base,
    }


def _contract(symbol: str, pair: str, delivery: str) -> dict[str, Any]:
    is_dated = delivery.isdigit()
    return {
        "symbol": symbol,
        "pair": pair,
        "contractType": "CURRENT_QUARTER" if is_dated else "PERPETUAL",
        "deliveryDate": _delivery_ms(delivery) if is_dated else 4_133_404_800_000,
        "onboardDate": 1_569_398_400_000,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.00001", "tickSize": "0.00001"},
            {"filterType": "LOT_SIZE", "minQty": "0.001", "stepSize": "0.001"},
        ],
    }


def _delivery_ms(text: str) -> int:
    """Return 08:00 UTC of a day written YYMMDD."""
    from datetime import UTC, datetime

    day = datetime.strptime(text, "%y%m%d").replace(tzinfo=UTC, hour=8)
    return int(day.timestamp()) * 1_000
