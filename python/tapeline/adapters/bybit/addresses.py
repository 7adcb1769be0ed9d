"""Addresses of Bybit market data.

Source: Bybit API v5, "Connect" and "Integration Guidance", read November 2026. Each category has a
WebSocket address of its own; REST requests name it in their query.
"""

from urllib.parse import urlencode

import orjson

from tapeline.adapters.venue import address

EXCHANGE = "bybit"

REST = "https://api.bybit.com"
INSTRUMENTS_PATH = "/v5/market/instruments-info"
LEGACY_INSTRUMENTS_PATH = "/v2/public/symbols"
DEPTH_PATH = "/v5/market/orderbook"

# Most levels that a reply has.
_LEVELS = {"spot": 200, "linear": 500, "inverse": 500}
_CATEGORIES = frozenset(_LEVELS)
_DOMAINS = ("bybit.com", "bybit.eu", "bybit.kz", "bytick.com", "bycsi.com")
_PUBLIC, _REST, _ARCHIVE = "/v5/public/", "/v5/market/", "/orderbook/"
# Before version 5.
_LEGACY = {"/realtime": "inverse", "/realtime_public": "linear"}


def category_of(url: str) -> str | None:
    """Return the category a URL's messages belong to; None for an unknown host or category."""
    parts = address(url)
    if not any(parts.host == name or parts.host.endswith(f".{name}") for name in _DOMAINS):
        return None
    category = _LEGACY.get(parts.path, "")
    for prefix in (_PUBLIC, _ARCHIVE):
        if parts.path.startswith(prefix):
            category = parts.path.removeprefix(prefix).partition("/")[0]
    if parts.path.startswith(_REST):
        category = parts.query.get("category", "")
    return category if category in _CATEGORIES else None


def instruments_url(category: str) -> str:
    """Return where the instruments of a category are listed."""
    return f"{REST}{INSTRUMENTS_PATH}?category={category}&limit=1000"


def next_instruments_url(url: str, body: bytes) -> str | None:
    """Return the address of the page after ``body``; None after the last one."""
    try:
        cursor = orjson.loads(body)["result"]["nextPageCursor"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    if not isinstance(cursor, str) or not cursor:
        return None
    parts = address(url)
    query = {**parts.query, "cursor": cursor}
    return f"{url.partition('?')[0]}?{urlencode(query)}"


def depth_url(category: str) -> str:
    """Return where a book is fetched, with ``{raw_symbol}`` for the instrument."""
    return f"{REST}{DEPTH_PATH}?category={category}&symbol={{raw_symbol}}&limit={_LEVELS[category]}"
