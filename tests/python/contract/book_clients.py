"""Book clients written from the venues' documents: buffer, snapshot, join, resynchronise."""

import asyncio
import contextlib
import urllib.request
from dataclasses import dataclass, field
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.python.contract.venue_tapes import Book, applied

TIMEOUT_S = 30.0
#: Behind the last update of the tape nothing comes for so long.
QUIET_S = 0.4


def get(url: str) -> Any:  # noqa: ANN401
    """Return a REST reply's JSON."""
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as reply:  # noqa: S310
        return orjson.loads(reply.read())


def http(url: str) -> str:
    """Return the REST address of a simulator."""
    return url.replace("ws://", "http://")


@dataclass
class BinanceBook:
    """Keeps one book by REST snapshots and diff depth, spot or futures."""

    url: str
    rest: str
    is_futures: bool
    last_of_tape: int
    book: Book = field(default_factory=lambda: ({}, {}))
    last: int | None = None
    has_joined: bool = False
    snapshots: int = 0
    waiting: "list[dict[str, Any]]" = field(default_factory=list)

    async def run(self, stream_path: str) -> None:
        """Follow a stream to its end."""
        wait_s = TIMEOUT_S
        async with connect(self.url + stream_path, max_queue=None, proxy=None) as client:
            with contextlib.suppress(ConnectionClosed, TimeoutError):
                while True:
                    message = orjson.loads(await asyncio.wait_for(client.recv(), wait_s))
                    self.waiting.append(message.get("data", message))
                    if self.waiting[-1]["u"] == self.last_of_tape:
                        wait_s = QUIET_S
                    if self.last is None:
                        await self._snapshot()
                    self._drain()
            while self.last is None:
                await self._snapshot()
                self._drain()

    async def _snapshot(self) -> None:
        reply = await asyncio.to_thread(get, http(self.url) + self.rest)
        if reply["lastUpdateId"] < self.waiting[0]["U"] - 1:
            return
        self.snapshots += 1
        self.book = (dict(map(tuple, reply["bids"])), dict(map(tuple, reply["asks"])))
        self.last, self.has_joined = reply["lastUpdateId"], False

    def _drain(self) -> None:
        while self.waiting and self.last is not None:
            update = self.waiting[0]
            if update["u"] <= self.last:
                del self.waiting[0]
            elif self._fits(update):
                applied(self.book, update["b"], update["a"])
                self.last, self.has_joined = update["u"], True
                del self.waiting[0]
            else:
                self.last = None

    def _fits(self, update: dict[str, Any]) -> bool:
        if self.is_futures and self.has_joined:
            return bool(update["pu"] == self.last)
        assert self.last is not None
        return bool(update["U"] <= self.last + 1 or update.get("pu") == self.last)


@dataclass
class StreamBook:
    """Keeps one book by in-stream snapshots: OKX ``books`` or Bybit ``orderbook``."""

    url: str
    subscribe: str
    unsubscribe: str
    is_okx: bool
    last_of_tape: int
    book: Book = field(default_factory=lambda: ({}, {}))
    last: int | None = None
    snapshots: int = 0

    async def run(self, path: str) -> None:
        """Follow a stream to its end; subscribe again when an update does not follow."""
        async with connect(self.url + path, max_queue=None, proxy=None) as client:
            await client.send(self.subscribe)
            with contextlib.suppress(ConnectionClosed, TimeoutError):
                while True:
                    wait_s = QUIET_S if self.last == self.last_of_tape else TIMEOUT_S
                    frame = await asyncio.wait_for(client.recv(), wait_s)
                    await self._take(client, orjson.loads(frame))

    async def _take(self, client: ClientConnection, message: dict[str, Any]) -> None:
        if "data" not in message:
            return
        data = message["data"][0] if self.is_okx else message["data"]
        bids, asks = (data["bids"], data["asks"]) if self.is_okx else (data["b"], data["a"])
        if message.get("action", message.get("type")) == "snapshot":
            self.snapshots += 1
            self.book = ({}, {})
        elif self.last is None:
            return
        elif self.last != (data["prevSeqId"] if self.is_okx else data["u"] - 1):
            self.last = None
            await client.send(self.unsubscribe)
            await client.send(self.subscribe)
            return
        applied(self.book, bids, asks)
        self.last = data["seqId"] if self.is_okx else data["u"]
