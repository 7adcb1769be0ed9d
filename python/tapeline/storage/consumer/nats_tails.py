"""Read what lies before some offsets on NATS, over a connection of its own."""

import asyncio
import base64
from collections.abc import Mapping
from typing import Any

from nats.aio.client import Client

from tapeline.storage.consumer.nats_message import with_headers
from tapeline.storage.ports import Message, Offsets, Partition, Tail
from tapeline.transport.nats_connection import NOT_FOUND, NatsApiError, close, connect, request
from tapeline.transport.topics import nats_stream
from tapeline.transport.uris import NatsUri


def read_tails(address: NatsUri, offsets: Offsets, messages_max: int) -> Mapping[Partition, Tail]:
    """Return the last messages before these offsets; streams that are gone are left out.

    Raises
    ------
    TransportError
        The server does not answer.
    """
    wanted = {each: offset for each, offset in offsets.items() if offset > 0}
    return asyncio.run(_read_all(address, wanted, messages_max)) if wanted else {}


async def _read_all(
    address: NatsUri, wanted: Offsets, messages_max: int
) -> Mapping[Partition, Tail]:
    client = await connect(address, "tapeline-store-look-back")
    try:
        found = {}
        for partition, offset in wanted.items():
            tail = await _read(client, address.prefix, partition[0], offset, messages_max)
            if tail is not None:
                found[partition] = tail
        return found
    finally:
        await close(client)


async def _read(
    client: Client, prefix: str, topic: str, offset: int, messages_max: int
) -> Tail | None:
    stream = nats_stream(prefix, topic)
    info = await _or_none(client, f"STREAM.INFO.{stream}", None)
    if info is None:
        return None
    first, last = int(info["state"]["first_seq"]), int(info["state"]["last_seq"])
    sequences = range(max(first, offset - messages_max + 1), min(last, offset) + 1)
    answers = await asyncio.gather(
        *(_or_none(client, f"STREAM.MSG.GET.{stream}", {"seq": each}) for each in sequences)
    )
    messages = [_message(topic, each["message"]) for each in answers if each is not None]
    return Tail(messages, last < offset)


async def _or_none(
    client: Client, operation: str, body: dict[str, Any] | None
) -> dict[str, Any] | None:
    try:
        return await request(client, operation, body)
    except NatsApiError as error:
        if error.status != NOT_FOUND:
            raise
        return None


def _message(topic: str, stored: dict[str, Any]) -> Message:
    return with_headers(
        topic,
        int(stored["seq"]) - 1,
        stored["subject"],
        base64.b64decode(stored.get("data") or b""),
        headers_of(base64.b64decode(stored.get("hdrs") or b"")),
    )


def headers_of(block: bytes) -> dict[str, str]:
    """Read a header block: a line of the version, then ``name: text``."""
    lines = block.decode("utf-8", "replace").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if line)
    return {name: text.strip() for name, _, text in pairs}
