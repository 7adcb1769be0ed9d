"""Frames of a message on ZeroMQ, and the keys of CURVE.

A message is four frames: routing key, header, message key, value. The header is 13 bytes, little
endian: version (1), number of the publisher's run (u32), number of the message in its topic (u64).
"""

import struct
from pathlib import Path
from typing import Final

import zmq
import zmq.auth
from zmq.auth.thread import ThreadAuthenticator

_HEADER: Final = struct.Struct("<BIQ")
VERSION: Final = 1
FRAMES: Final = 4


def header_of(run: int, number: int) -> bytes:
    """Return the header of a message."""
    return _HEADER.pack(VERSION, run, number)


def read_header(header: bytes) -> tuple[int, int] | None:
    """Return run and number; None where it is not ours."""
    if len(header) != _HEADER.size:
        return None
    version, run, number = _HEADER.unpack(header)
    return (run, number) if version == VERSION else None


def secure_server(
    context: "zmq.Context[zmq.Socket[bytes]]", socket: "zmq.Socket[bytes]", keys: Path
) -> ThreadAuthenticator:
    """Let in only subscribers whose public keys lie in ``keys/clients``.

    Raises
    ------
    OSError, ValueError
        ``keys/server.key_secret`` cannot be read.
    """
    public, secret = zmq.auth.load_certificate(str(keys / "server.key_secret"))
    if secret is None:
        raise ValueError(f"{keys}/server.key_secret holds no secret key")
    guard = ThreadAuthenticator(context)
    guard.start()
    guard.configure_curve(domain="*", location=str(keys / "clients"))
    socket.curve_publickey, socket.curve_secretkey, socket.curve_server = public, secret, True
    return guard


def secure_client(socket: "zmq.Socket[bytes]", keys: Path) -> None:
    """Show ``keys/client.key_secret`` to the publisher of ``keys/server.key``.

    Raises
    ------
    OSError, ValueError
        One of them cannot be read.
    """
    public, secret = zmq.auth.load_certificate(str(keys / "client.key_secret"))
    if secret is None:
        raise ValueError(f"{keys}/client.key_secret holds no secret key")
    server, _ = zmq.auth.load_certificate(str(keys / "server.key"))
    socket.curve_publickey, socket.curve_secretkey, socket.curve_serverkey = public, secret, server
