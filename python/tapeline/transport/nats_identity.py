"""What a NATS server knows a message again by: the batch's own mark.

A batch that is sent again, in this run or by the next one out of the spool, has the same name, and
within the window of its stream the server keeps one of them. Bytes that are no batch of ours get no
name from here.
"""

from functools import lru_cache
from urllib.parse import quote

from tapeline.errors import DecodeError
from tapeline.wire.native import inspect

_TRAILER: int = 4
"""Bytes of the checksum at a batch's end."""


def batch_name(routing_key: str, value: bytes) -> str | None:
    """Return the name of a batch; None for anything else."""
    try:
        info = inspect(value)
    except DecodeError:
        return None
    crc = int.from_bytes(value[-_TRAILER:], "little")
    return f"{_quoted(info.producer)}/{routing_key}/{info.batch_id}/{crc:08x}"


@lru_cache(256)
def _quoted(producer: str) -> str:
    return quote(producer, safe="")
