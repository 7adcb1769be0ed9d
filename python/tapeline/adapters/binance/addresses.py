"""Hosts of Binance market data, and which market each serves.

Source: Binance "General Info" of the spot, USDⓈ-M and COIN-M interfaces, read November 2026.
"""

from tapeline.adapters.venue import address

_SPOT = (
    "stream.binance.com",
    "data-stream.binance.vision",
    "api.binance.com",
    "api1.binance.com",
    "api2.binance.com",
    "api3.binance.com",
    "api4.binance.com",
    "api-gcp.binance.com",
    "data-api.binance.vision",
    "testnet.binance.vision",
    "api.testnet.binance.vision",
    "stream.testnet.binance.vision",
    "demo-api.binance.com",
    "demo-stream.binance.com",
)
_USDM = (
    "fstream.binance.com",
    "fapi.binance.com",
    "demo-fstream.binance.com",
    "demo-fapi.binance.com",
    "fstream.binancefuture.com",
    "stream.binancefuture.com",
)
_COINM = (
    "dstream.binance.com",
    "dapi.binance.com",
    "demo-dstream.binance.com",
    "demo-dapi.binance.com",
    "dstream.binancefuture.com",
)
_MARKETS = {
    **dict.fromkeys(_SPOT, "spot"),
    **dict.fromkeys(_USDM, "usdm"),
    **dict.fromkeys(_COINM, "coinm"),
}
# One host for the test service of both futures markets.
_SHARED = "testnet.binancefuture.com"
_PATHS = {"/fapi/": "usdm", "/dapi/": "coinm"}


def market_of(url: str) -> str | None:
    """Return the market a URL's messages belong to; None for an unknown host."""
    parts = address(url)
    if parts.host == _SHARED:
        return _PATHS.get(parts.path[:6])
    return _MARKETS.get(parts.host)
