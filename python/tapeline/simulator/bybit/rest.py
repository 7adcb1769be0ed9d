"""The REST side of Bybit: order book, instruments, time. Errors have status 200 and ``retCode``."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from tapeline.simulator.bybit.instruments import instrument
from tapeline.simulator.bybit.state import BookState
from tapeline.simulator.venue import Archive, HttpReply

_DEPTH_MAX = {"spot": 200, "linear": 500, "inverse": 500}
_BAD_PARAMETER = 10_001
_STALE_ID = 1


def reply(category: str, target: str, archive: Archive, *, is_stale: bool) -> HttpReply:
    """Answer a request."""
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query))
    now = archive.now_ms
    if parts.path == "/v5/market/time":
        return _ok({"timeSecond": str(now // 1_000), "timeNano": str(now * 1_000_000)}, now)
    recorded = archive.recorded(parts.path, query)
    if parts.path == "/v5/market/orderbook":
        return _orderbook(category, query, archive, is_stale=is_stale)
    if recorded is not None:
        return HttpReply(200, recorded)
    if parts.path == "/v5/market/instruments-info":
        return _instruments(category, query, archive)
    return HttpReply(404, b"")


def _orderbook(
    category: str, query: Mapping[str, str], archive: Archive, *, is_stale: bool
) -> HttpReply:
    symbol, limit = query.get("symbol", ""), query.get("limit", "25")
    if query.get("category") != category or not limit.isdigit() or not symbol:
        return _error(200, "params error")
    topics = [name for name in archive.streams if name.startswith("orderbook.")]
    mine = [name for name in topics if name.rpartition(".")[2] == symbol]
    if not any(name.rpartition(".")[2] == symbol for name in archive.streams):
        return _error(200, "Not supported symbols")
    for topic in sorted(mine, key=lambda name: int(name.split(".")[1]), reverse=True):
        state = archive.state(topic)
        if isinstance(state, BookState):
            depth = min(int(limit), _DEPTH_MAX[category])
            data = state.last["data"]
            result: dict[str, Any] = {"s": symbol, **state.levels(depth), "ts": state.last["ts"]}
            result |= {"u": _STALE_ID if is_stale else data["u"], "seq": data.get("seq", 0)}
            return _ok(result | {"cts": state.last.get("cts", 0)}, archive.now_ms)
    return _error(404, f"the tape has no snapshot of {symbol}")


def _instruments(category: str, query: Mapping[str, str], archive: Archive) -> HttpReply:
    if query.get("category") != category:
        return _error(200, "params error: category invalid")
    wanted = query.get("symbol")
    symbols = sorted(
        {
            name.rpartition(".")[2]
            for name in archive.streams
            if "." in name and wanted in (None, name.rpartition(".")[2])
        }
    )
    listed = [instrument(category, symbol) for symbol in symbols]
    result = {"category": category, "list": listed, "nextPageCursor": ""}
    return _ok(result, archive.now_ms)


def _ok(result: object, now_ms: int) -> HttpReply:
    body = {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": now_ms}
    return HttpReply(200, orjson.dumps(body))


def _error(status: int, message: str) -> HttpReply:
    body = {"retCode": _BAD_PARAMETER, "retMsg": message, "result": {}, "retExtInfo": {}}
    return HttpReply(status, orjson.dumps(body))
