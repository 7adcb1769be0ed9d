"""Addresses of OKX market data.

Source: OKX API v5, "Overview", read November 2026. No address names a market: one connection
carries spot, swaps and futures.
"""

from tapeline.adapters.venue import address

EXCHANGE = "okx"
MARKETS = ("spot", "swap", "futures")

REST = "https://www.okx.com"
INSTRUMENTS_PATH = "/api/v5/public/instruments"
DEPTH_PATH = "/api/v5/market/books"

INSTRUMENTS_URLS = tuple(
    f"{REST}{INSTRUMENTS_PATH}?instType={name}" for name in ("SPOT", "SWAP", "FUTURES")
)
DEPTH_URL = f"{REST}{DEPTH_PATH}?instId={{raw_symbol}}&sz=400"

_DOMAINS = ("okx.com", "okex.com", "okx.cab")
_PATHS = ("/ws/v5/", "/api/v5/")


def is_address(url: str) -> bool:
    """Whether a URL is one of this exchange's public API, the demo service included."""
    parts = address(url)
    is_host = any(parts.host == name or parts.host.endswith(f".{name}") for name in _DOMAINS)
    return is_host and parts.path.startswith(_PATHS)
