"""Addresses of Binance spot market data.

Source: Binance Spot WebSocket Streams, "General WSS information", read November 2026.
"""

from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from tapeline.errors import SettingsError

# Port 443 of the same host serves the same streams.
STREAM = "wss://stream.binance.com:9443"
# Market data only; for places where the first is not reachable.
STREAM_ALTERNATIVE = "wss://data-stream.binance.vision"

EXCHANGE_INFO_PATH = "/api/v3/exchangeInfo"
CHANNELS = ("trade", "aggTrade")
TIME_UNIT_QUERY = {"ms": "", "us": "timeUnit=MICROSECOND"}

_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def stream_name(raw_symbol: str, channel: str) -> str:
    """Return the venue's name of a stream, ``btcusdt@trade``.

    Only ASCII letters are lowered: Unicode's rules would turn some listed symbols into others.
    """
    return f"{raw_symbol.translate(_ASCII_LOWER)}@{channel}"


def checked_endpoint(endpoint: str) -> str:
    """Return ``ws[s]://host[:port]`` without a trailing slash.

    Raises
    ------
    SettingsError
        It is anything else.
    """
    parts = urlsplit(endpoint)
    try:
        is_valid = parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_valid = False
    if not is_valid or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise SettingsError(
            f"endpoint must look like wss://host:port, without a path, was {endpoint!r}"
        )
    return f"{parts.scheme}://{parts.netloc}"


def raw_stream_url(endpoint: str, stream: str, time_unit: str) -> str:
    """Return the address of one stream whose frames come bare."""
    query = TIME_UNIT_QUERY[time_unit]
    return f"{endpoint}/ws/{quote(stream, safe='@')}" + (f"?{query}" if query else "")


def combined_stream_url(endpoint: str, streams: Sequence[str], time_unit: str) -> str:
    """Return the address whose frames come wrapped with the stream's name.

    Without streams it is the address to send SUBSCRIBE to.
    """
    named = "/".join(quote(stream, safe="@") for stream in streams)
    query = "&".join(
        part for part in (f"streams={named}" if named else "", TIME_UNIT_QUERY[time_unit]) if part
    )
    return f"{endpoint}/stream" + (f"?{query}" if query else "")
