"""The route ``/ws/market``: a task reads a client, another looks whether it must go."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter
from starlette.websockets import WebSocket

from tapeline.api.live.client import Client
from tapeline.api.live.gate import Gate, chosen_protocol
from tapeline.api.live.hub import Hub
from tapeline.api.live.line import LINE, Line
from tapeline.api.live.session import TOO_LARGE, Close, Session
from tapeline.api.live.settings import LiveSettings
from tapeline.api.live.waiting import Losses
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
            _line(socket).cut(refusal.code, refusal.reason)
            return
        self.counts.accepted += 1
        self._gate.enter(address)
        try:
            await self._serve(socket)
        finally:
            self._gate.leave(address)

    async def _serve(self, socket: WebSocket) -> None:
        line = _line(socket)
        client = Client(self._hub.settings, line, self.counts.losses)
        session = Session(self._hub, client, self._clock)
        self._hub.join(client)
        tasks = [
            asyncio.create_task(_read(socket, session), name="live client: read"),
            asyncio.create_task(_watch(line, self._hub.settings), name="live client: watch"),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            close = next((each.result() for each in done if each.result() is not None), None)
            if close is not None:
                self.counts.cut_slow += close is _SLOW
                self.counts.cut_other += close is not _SLOW
                line.cut(close.code, close.reason)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._hub.leave(client, session.topics)


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


async def _watch(line: Line, settings: LiveSettings) -> Close:
    """Return when the client has taken too little for too long."""
    now = asyncio.get_running_loop().time
    while True:
        since = line.blocked_since
        if since is not None and now() - since >= settings.slow_after_s:
            return _SLOW
        await asyncio.sleep(settings.slow_after_s / 8)


def _line(socket: WebSocket) -> Line:
    """Return the connection; only a server with the protocol of this package has it."""
    line: Line = socket.scope["extensions"][LINE]
    return line
