"""Dead letters on NATS: a stream of their own under the prefix, headers hold the facts."""

import asyncio
import threading
from collections.abc import Sequence

import orjson
from nats.aio.client import Client

from tapeline.errors import TransportError
from tapeline.storage.consumer.dead_letter import TOPIC, DeadLetter
from tapeline.transport.nats import KEY_HEADER
from tapeline.transport.nats_connection import CLIENT_FAULTS, close, connect, make_stream, said
from tapeline.transport.nats_settings import NatsSettings
from tapeline.transport.uris import NatsUri

_ACK_S = 10.0
_FRAMING = len(": \r\n")
_RESERVE = 64
"""For the version line of headers, and to say which part a message is."""


class NatsDeadLetters:
    """The subject ``PREFIX.tapeline.deadletter``; a connection is made for each call."""

    def __init__(self, address: NatsUri) -> None:
        self._address = address
        self._lock = threading.Lock()

    def put(self, letters: Sequence[DeadLetter]) -> None:
        """Publish and wait until the server has all of them."""
        with self._lock:
            asyncio.run(self._put(letters))

    def close(self) -> None:
        """Do nothing: no connection is kept."""

    async def _put(self, letters: Sequence[DeadLetter]) -> None:
        client = await connect(self._address, "tapeline-deadletter")
        try:
            await make_stream(client, NatsSettings(address=self._address).stream_config(TOPIC))
            for letter in letters:
                await self._send(client, letter)
        finally:
            await close(client)

    async def _send(self, client: Client, letter: DeadLetter) -> None:
        key = {KEY_HEADER: letter.topic.encode().hex()}
        # The server counts headers, too, and lets go of who sends more.
        facts = {**letter.facts(), **key}
        taken = sum(len(name) + len(text.encode()) + _FRAMING for name, text in facts.items())
        room = client.max_payload - taken - _RESERVE
        if room <= 0:
            raise self._fault(f"a max_payload of {client.max_payload} does not hold their headers")
        for told, value in letter.parts(room):
            await self._request(client, {**told, **key}, value)

    async def _request(self, client: Client, headers: dict[str, str], value: bytes) -> None:
        subject = f"{self._address.prefix}.{TOPIC}"
        try:
            answer = await client.request(subject, value, timeout=_ACK_S, headers=headers)
            fault = orjson.loads(answer.data).get("error")
        except (*CLIENT_FAULTS, orjson.JSONDecodeError) as error:
            raise self._fault(said(error)) from error
        if fault is not None:
            raise self._fault(str(fault))

    def _fault(self, text: str) -> TransportError:
        return TransportError(f"cannot keep dead letters on {self._address.servers}: {text}")
