"""The REST side of a Binance market: depth snapshots, the list of symbols, ping and time.

Errors are the venue's: status 400 and ``{"code","msg"}``. A book that the tape does not know is
answered with status 404.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import orjson

from tapeline.simulator.binance.book import DepthState
from tapeline.simulator.venue import Archive, HttpReply

#: A stale snapshot's update id is below everything on the tape.
_STALE_ID = 1
_USED_WEIGHT = "X-MBX-USED-WEIGHT-1M"


class RestMarket(NamedTuple):
    """What differs between the markets.

    Attributes
    ----------
    prefix
        ``/api/v3``, ``/fapi/v1`` or ``/dapi/v1``.
    limits
        Depths that may be asked for; empty for any number from 1 to 5,000.
    limit_default
        Depth without ``limit``.
    has_times
        Snapshots carry ``E`` and ``T``.
    instrument
        Makes an entry of ``symbols`` from a raw symbol.
    """

    prefix: str
    limits: Sequence[int]
    limit_default: int
    has_times: bool
    instrument: Callable[[str], dict[str, Any]]


def reply(market: RestMarket, target: str, archive: Archive, *, is_stale: bool) -> HttpReply:
    """Answer a request."""
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query))
    match parts.path.removeprefix(market.prefix):
        case "/depth":
            return _depth(market, query, archive, is_stale=is_stale)
        case "/exchangeInfo":
            return _exchange_info(market, parts.path, query, archive)
        case "/fundingInfo" if not market.prefix.startswith("/api"):
            return _funding_info(parts.path, query, archive)
        case "/ping":
            return HttpReply(200, b"{}")
        case "/time":
            return _ok({"serverTime": archive.now_ms}, 1)
        case _:
            recorded = archive.recorded(parts.path, query)
            return HttpReply(404, b"") if recorded is None else HttpReply(200, recorded)


def _depth(
    market: RestMarket, query: Mapping[str, str], archive: Archive, *, is_stale: bool
) -> HttpReply:
    symbol, limit_text = query.get("symbol"), query.get("limit", str(market.limit_default))
    if not symbol:
        return _error(400, -1102, "Mandatory parameter 'symbol' was not sent, was empty/null.")
    limit = int(limit_text) if limit_text.isdigit() else 0
    if not 1 <= limit <= 5_000 or (market.limits and limit not in market.limits):
        return _error(400, -4021, f"{limit_text} is not valid depth limit.")
    prefix = f"{symbol.lower()}@"
    mine = [name for name in archive.streams if name.startswith(prefix)]
    if not mine:
        return _error(400, -1121, "Invalid symbol.")
    for name in mine:
        state = archive.state(name)
        if isinstance(state, DepthState):
            return _ok(_snapshot(market, symbol, state, limit, is_stale=is_stale), _weight(limit))
    return _error(404, -1000, f"the tape has no snapshot of {symbol}")


def _snapshot(
    market: RestMarket, symbol: str, state: DepthState, limit: int, *, is_stale: bool
) -> dict[str, Any]:
    head: dict[str, Any] = {"lastUpdateId": _STALE_ID if is_stale else state.last_id}
    if market.has_times:
        head |= state.times
    if market.prefix.startswith("/dapi"):
        head |= {"symbol": symbol, "pair": symbol.partition("_")[0]}
    return head | state.snapshot(limit)


def _weight(limit: int) -> int:
    return 5 if limit <= 100 else 25 if limit <= 500 else 50 if limit <= 1_000 else 250


def _exchange_info(
    market: RestMarket, path: str, query: Mapping[str, str], archive: Archive
) -> HttpReply:
    recorded = archive.recorded(path, query)
    if recorded is not None:
        return HttpReply(200, recorded, {_USED_WEIGHT: "20"})
    symbols = {
        name.partition("@")[0].upper()
        for name in archive.streams
        if "@" in name and not name.startswith("!")
    }
    body = {
        "timezone": "UTC",
        "serverTime": archive.now_ms,
        "rateLimits": [],
        "exchangeFilters": [],
        "symbols": [market.instrument(symbol) for symbol in sorted(symbols)],
    }
    return _ok(body, 20)


def _funding_info(path: str, query: Mapping[str, str], archive: Archive) -> HttpReply:
    """List what was adjusted: nothing, unless the tape has a recorded reply."""
    recorded = archive.recorded(path, query)
    return _ok([], 0) if recorded is None else HttpReply(200, recorded, {_USED_WEIGHT: "0"})


def _ok(body: object, weight: int) -> HttpReply:
    return HttpReply(200, orjson.dumps(body), {_USED_WEIGHT: str(weight)})


def _error(status: int, code: int, message: str) -> HttpReply:
    return HttpReply(status, orjson.dumps({"code": code, "msg": message}))
