"""Clients of the live socket that read little or nothing: bare sockets."""

import json
import os
import socket
import struct
from base64 import b64encode
from contextlib import suppress
from typing import Any, Self


class SlowClient:
    """Subscribes, then reads only when told to."""

    def __init__(
        self,
        port: int,
        *topics: dict[str, Any],
        receive_buffer: int = 4096,
        host: str = "127.0.0.1",
        headers: str = "",
    ) -> None:
        self.line = socket.socket()
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.line.settimeout(60)
        self.line.connect(("127.0.0.1", port))
        key = b64encode(os.urandom(16)).decode()
        self.line.sendall(
            f"GET /ws/market HTTP/1.1\r\nHost: {host}\r\n{headers}Upgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self.line.recv(1)
        assert b" 101 " in answer.split(b"\r\n")[0]
        for number, topic in enumerate(topics):
            self.say({"op": "subscribe", "id": number, **topic})

    def say(self, words: dict[str, Any]) -> None:
        """Send a message, masked with zeros."""
        text = json.dumps(words).encode()
        head = b"\x81" + bytes([0x80 | 126]) + struct.pack(">H", len(text))
        self.line.sendall(head + bytes(4) + text)

    def read(self, most: int) -> bytes:
        """Read up to so many bytes; nothing when the server has ended it."""
        with suppress(ConnectionError):
            return self.line.recv(most)
        return b""

    def rest(self) -> bytes:
        """Read until the server ends it."""
        found = bytearray()
        while piece := self.read(65_536):
            found += piece
        return bytes(found)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()


def messages(stream: bytes) -> tuple[list[tuple[int, bytes]], int]:
    """Return opcode and content of each whole message a server sent, and the bytes of them."""
    found, end = [], 0
    while end + 2 <= len(stream):
        opcode, size = stream[end] & 15, stream[end + 1] & 127
        at = end + 2
        if size >= 126:
            width = 2 if size == 126 else 8
            size = int.from_bytes(stream[at : at + width])
            at += width
        if at + size > len(stream):
            break
        found.append((opcode, stream[at : at + size]))
        end = at + size
    return found, end
