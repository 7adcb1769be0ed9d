"""OKX-like and Bybit-like servers: everything is subscribed to by message.

Written from the venues' documents alone; they share nothing with ``tapeline.simulator``.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.websocket_venue import CLOSE, PING, PONG, TEXT, Peer


@dataclass
class Heard:
    """What clients said, over all connections."""

    requests: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    heartbeats: list[float] = field(default_factory=list)
    websocket_pings: int = 0
    subscribed: set[str] = field(default_factory=set)
    history: list[tuple[str, str]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)


class MessageVenue:
    """What both have in common.

    Parameters
    ----------
    on_subscribed
        Called with the peer and the name of each stream subscribed to: sends its first data.
    refused
        Names of streams the venue does not know.
    is_mute
        Acknowledges nothing.
    answers_pings
        Whether heartbeats are answered.
    """

    def __init__(
        self,
        on_subscribed: Callable[[Peer, str], None] = lambda _peer, _name: None,
        *,
        refused: frozenset[str] = frozenset(),
        is_mute: bool = False,
        answers_pings: bool = True,
    ) -> None:
        self.heard = Heard()
        self.peers: list[Peer] = []
        self.refused = refused
        self.is_mute = is_mute
        self.answers_pings = answers_pings
        self._on_subscribed = on_subscribed

    async def __call__(self, peer: Peer) -> None:
        peer.accept()
        self.peers.append(peer)
        while True:
            opcode, payload = await peer.read()
            if opcode == CLOSE:
                peer.send(payload, CLOSE)
                await peer.drain()
                peer.hang_up()
                return
            if opcode == PING:
                self.heard.websocket_pings += 1
                if self.answers_pings:
                    peer.send(payload, PONG)
            elif opcode == TEXT:
                self.heard.sizes.append(len(payload))
                self.text(peer, payload)

    def text(self, peer: Peer, payload: bytes) -> None:
        raise NotImplementedError

    def beat(self, peer: Peer, answer: str) -> None:
        self.heard.heartbeats.append(asyncio.get_running_loop().time())
        if self.answers_pings:
            peer.send(answer)

    def noted(self, request: dict[str, Any]) -> None:
        self.heard.requests.append((asyncio.get_running_loop().time(), request))

    def change(self, peer: Peer, verb: str, name: str) -> None:
        self.heard.history.append((verb, name))
        if verb == "subscribe":
            self.heard.subscribed.add(name)
            self._on_subscribed(peer, name)
        else:
            self.heard.subscribed.discard(name)


class OkxLike(MessageVenue):
    """Answers each argument by an event of its own; closes nothing; pongs are bare text."""

    def text(self, peer: Peer, payload: bytes) -> None:
        if payload == b"ping":
            self.beat(peer, "pong")
            return
        request = json.loads(payload)
        self.noted(request)
        if self.is_mute:
            return
        for argument in request["args"]:
            name = f"{argument['channel']}:{argument.get('instId', argument.get('instType'))}"
            if name in self.refused:
                sentence = (
                    f"Wrong URL or channel:{argument['channel']},instId:{argument['instId']} "
                    "doesn't exist. Please use the correct URL, channel and parameters."
                )
                peer.send(
                    json.dumps(
                        {
                            "event": "error",
                            "msg": sentence,
                            "code": "60018",
                            "connId": "a4d3ae55",
                            "id": request["id"],
                        }
                    )
                )
                continue
            answer = {"event": request["op"], "arg": argument, "connId": "a4d3ae55"}
            peer.send(json.dumps({"id": request["id"], **answer}))
            self.change(peer, request["op"], name)


class BybitLike(MessageVenue):
    """Answers a request as a whole; one unknown topic refuses all of it."""

    pong = '{"success":true,"ret_msg":"pong","conn_id":"0970e817","req_id":"","op":"ping"}'

    def text(self, peer: Peer, payload: bytes) -> None:
        request = json.loads(payload)
        if request["op"] == "ping":
            self.beat(peer, self.pong)
            return
        self.noted(request)
        if self.is_mute:
            return
        unknown = [name for name in request["args"] if name in self.refused]
        answer = {
            "success": not unknown,
            "ret_msg": f"error:handler not found,topic:{unknown[0]}" if unknown else "",
            "conn_id": "2324d924",
            "req_id": request["req_id"],
            "op": request["op"],
        }
        peer.send(json.dumps(answer))
        if not unknown:
            for name in request["args"]:
                self.change(peer, request["op"], name)
