"""The REST side of OKX: books, instruments, time. Errors have status 200 or 400 and a ``code``."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from tapeline.simulator.okx.book import BooksState
from tapeline.simulator.okx.frames import BOOK_CHANNELS
from tapeline.simulator.okx.instruments import instrument, type_of
from tapeline.simulator.venue import Archive, HttpReply

_DEPTH_MAX = {"/api/v5/market/books": 400, "/api/v5/market/books-full": 5_000}
_INSTRUMENTS = "/api/v5/public/instruments"
_STALE_ID = 1


def reply(target: str, archive: Archive, *, is_stale: bool) -> HttpReply:
    """Answer a request."""
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query))
    if parts.path in _DEPTH_MAX:
        return _books(query, archive, _DEPTH_MAX[parts.path], is_stale=is_stale)
    if parts.path == "/api/v5/public/time":
        return _ok([{"ts": str(archive.now_ms)}])
    recorded = archive.recorded(parts.path, query)
    if recorded is not None:
        return HttpReply(200, recorded)
    if parts.path == _INSTRUMENTS:
        return _instruments(query, archive)
    return _error(404, "50000", "no such endpoint")


def _books(
    query: Mapping[str, str], archive: Archive, depth_max: int, *, is_stale: bool
) -> HttpReply:
    name, size = query.get("instId", ""), query.get("sz", "1")
    if not size.isdigit() or not 1 <= int(size) <= depth_max:
        return _error(400, "51000", "Parameter sz error")
    if not any(stream.endswith(f":{name}") for stream in archive.streams):
        return _error(200, "51001", "Instrument ID does not exist")
    for channel in sorted(BOOK_CHANNELS):
        state = archive.state(f"{channel}:{name}")
        if isinstance(state, BooksState):
            element: dict[str, Any] = {**state.levels(int(size)), "ts": state.last["ts"]}
            if "seqId" in state.last:
                element["seqId"] = _STALE_ID if is_stale else state.last["seqId"]
            return _ok([element])
    return _error(404, "50000", f"the tape has no snapshot of {name}")


def _instruments(query: Mapping[str, str], archive: Archive) -> HttpReply:
    kind = query.get("instType", "")
    if kind not in ("SPOT", "SWAP", "FUTURES"):
        return _error(400, "51000", "Parameter instType error")
    names = {stream.partition(":")[2] for stream in archive.streams}
    wanted = query.get("instId")
    chosen = sorted(
        name for name in names if "-" in name and type_of(name) == kind and wanted in (None, name)
    )
    return _ok([instrument(name) for name in chosen])


def _ok(data: list[Any]) -> HttpReply:
    return HttpReply(200, orjson.dumps({"code": "0", "msg": "", "data": data}))


def _error(status: int, code: str, message: str) -> HttpReply:
    return HttpReply(status, orjson.dumps({"code": code, "msg": message, "data": []}))
