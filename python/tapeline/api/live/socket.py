"""The route ``/ws/market``: one task reads a client, one writes to it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from tapeline.api.live.gate import Gate, chosen_protocol
from tapeline.api.live.hub import Hub
from tapeline.api.live.server import CUT
from tapeline.api.live.session import TOO_LARGE, Close, Session
from tapeline.api.live.settings import LiveSettings
from tapeline.api.live.waiting import Losses, Waiting, message_of
from tapeline.telemetry.clock import Clock, SystemClock

PATH = "/ws/market"
_SLOW = Close(4408, "the client does not read")


@dataclass(slots=True)
class SocketCounts:
    """What became of connections since the start."""

    accepted: int = 0
    refused: int = 0
    cut_slow: int = 0
    """Clients that did not read."""
    cut_other: int = 0
    """Clients closed by the server for another reason."""
    losses: Losses = field(default_factory=Losses)

    @property
    def ended(self) -> Mapping[str, int]:
        """How many connections the server ended, by reason."""
        return {"slow": self.cut_slow, "limit": self.cut_other, "refused": self.refused}


class MarketSocket:
    """Serves the clients of a hub."""

    def __init__(self, hub: Hub, gate: Gate | None = None, clock: Clock | None = None) -> None:
        self._hub = hub
        self._gate = gate if gate is not None else Gate(hub)
        self._clock = clock if clock is not None else SystemClock()
        self.counts = SocketCounts()

    def router(self) -> APIRouter:
        """Return the route to mount."""
        router = APIRouter()
        router.add_api_websocket_route(PATH, self.serve, name="market")
        return router

    async def serve(self, socket: WebSocket) -> None:
        """Serve one client until it leaves or is cut off."""
        offered = socket.scope.get("subprotocols", [])
        address = socket.client.host if socket.client is not None else ""
        refusal = self._gate.refusal(socket.headers, offered, address)
        # Refused after the handshake: a browser shows no status of one that failed.
        await socket.accept(subprotocol=chosen_protocol(offered))
        if refusal is not None:
            self.counts.refused += 1
            await _end(socket, refusal)
            return
        self.counts.accepted += 1
        self._gate.enter(address)
        try:
            await self._serve(socket)
        finally:
            self._gate.leave(address)

    async def _serve(self, socket: WebSocket) -> None:
        waiting = Waiting(self._hub.settings, self.counts.losses)
        session = Session(self._hub, waiting, self._clock)
        self._hub.join(waiting)
        tasks = [
            asyncio.create_task(_read(socket, session), name="live client: read"),
            asyncio.create_task(
                _write(socket, waiting, self._hub.settings), name="live client: write"
            ),
            asyncio.create_task(_watch(waiting, self._hub.settings), name="live client: watch"),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            close = next((each.result() for each in done if each.result() is not None), None)
            if close is not None:
                self.counts.cut_slow += close is _SLOW
                self.counts.cut_other += close is not _SLOW
                await _end(socket, close)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._hub.leave(waiting, session.topics)


async def _read(socket: WebSocket, session: Session) -> Close | None:
    """Hear the client; return why it must go, None when it has left."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return TOO_LARGE if message.get("code") == TOO_LARGE.code else None
        text = message.get("text")
        close = session.hear(text if text is not None else message["bytes"])
        if close is not None:
            return close


async def _write(socket: WebSocket, waiting: Waiting, settings: LiveSettings) -> None:
    """Send what waits; returns when the client has left."""
    now = asyncio.get_running_loop().time
    while True:
        await waiting.news.wait()
        for parts in waiting.take():
            waiting.sending_since = now()
            try:
                await _send(socket.send, message_of(parts))
            except (OSError, RuntimeError, WebSocketDisconnect):
                return
        waiting.sending_since = None
        await asyncio.sleep(settings.send_every_s)


async def _watch(waiting: Waiting, settings: LiveSettings) -> Close:
    """Return when the client has taken nothing for too long."""
    now = asyncio.get_running_loop().time
    while True:
        since = waiting.sending_since
        if since is not None and now() - since >= settings.slow_after_s:
            return _SLOW
        await asyncio.sleep(settings.slow_after_s / 8)


async def _send(send: Callable[[dict[str, object]], Awaitable[None]], message: bytes | str) -> None:
    kind = "text" if isinstance(message, str) else "bytes"
    await send({"type": "websocket.send", kind: message})


async def _end(socket: WebSocket, close: Close) -> None:
    """Close the connection, without waiting for a client that does not read."""
    cut: Callable[[int, str], None] | None = socket.scope.get("extensions", {}).get(CUT)
    if cut is not None:
        cut(close.code, close.reason)
        return
    if socket.application_state is WebSocketState.CONNECTED:
        with suppress(OSError, RuntimeError, TimeoutError, WebSocketDisconnect):
            async with asyncio.timeout(1):
                await socket.close(close.code, close.reason)
