"""The route ``/ws/market``: a task reads a client, another looks whether it must go."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter
from starlette.websockets import WebSocket

from tapeline.api.live.client import Client
from tapeline.api.live.gate import EXPIRED, Admission, Gate, chosen_protocol
from tapeline.api.live.hub import Hub
from tapeline.api.live.line import LINE, Line
from tapeline.api.live.session import TOO_LARGE, Close, Session
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
        self._clock = clock if clock is not None else SystemClock()
        self._gate = gate if gate is not None else Gate(hub.settings, self._clock)
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
        answer = self._gate.admit(socket.headers, offered, address)
        # Refused after the handshake: a browser shows no status of one that failed.
        if isinstance(answer, Close):
            self.counts.refused += 1
            await socket.accept(subprotocol=chosen_protocol(offered))
            _line(socket).cut(answer.code, answer.reason)
            return
        try:
            await socket.accept(subprotocol=chosen_protocol(offered))
            self.counts.accepted += 1
            await self._serve(socket, answer)
        finally:
            self._gate.leave(answer)

    async def _serve(self, socket: WebSocket, admission: Admission) -> None:
        line = _line(socket)
        client = Client(self._hub.settings, line, self.counts.losses)
        session = Session(self._hub, client, self._clock)
        self._hub.join(client)
        tasks = [
            asyncio.create_task(_read(socket, session), name="live client: read"),
            asyncio.create_task(self._watch(line, admission), name="live client: watch"),
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

    async def _watch(self, line: Line, admission: Admission) -> Close:
        """Return when the client has taken too little for too long, or its token has ended."""
        now, slow_after_s = asyncio.get_running_loop().time, self._hub.settings.slow_after_s
        until_ns = admission.until_ns
        while True:
            since = line.blocked_since
            if since is not None and now() - since >= slow_after_s:
                return _SLOW
            if until_ns is not None and self._clock.wall_ns() >= until_ns:
                return EXPIRED
            await asyncio.sleep(slow_after_s / 8)


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


def _line(socket: WebSocket) -> Line:
    """Return the connection; only a server with the protocol of this package has it."""
    line: Line = socket.scope["extensions"][LINE]
    return line
