"""TCP connections: names remembered, small packets sent at once."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

_NS = 1_000_000_000
# As long as a venue's own records live; a name that no longer resolves is kept beyond it.
_FRESH_NS = 60 * _NS
# One dead address of several must not use up the time for the handshake.
_ADDRESS_TIMEOUT_S = 3.0
_KNOWN_TIMEOUT_S = 2.0

Address = tuple[int, tuple[Any, ...]]


class Names:
    """Remembers what host names resolved to.

    A reconnect in the middle of a resolver's outage goes to the address that worked before.
    """

    def __init__(self, monotonic_ns: Callable[[], int]) -> None:
        self._monotonic_ns = monotonic_ns
        self._known: dict[tuple[str, int], tuple[int, list[Address]]] = {}

    async def resolve(self, host: str, port: int) -> list[Address]:
        """Return the addresses of a host, as ``(family, sockaddr)``.

        Raises
        ------
        OSError
            The name does not resolve and never did.
        """
        key = (host, port)
        now_ns = self._monotonic_ns()
        known = self._known.get(key)
        if known is not None and now_ns - known[0] < _FRESH_NS:
            return known[1]
        loop = asyncio.get_running_loop()
        try:
            # A resolver that hangs must not use up the time for a connection.
            async with asyncio.timeout(None if known is None else _KNOWN_TIMEOUT_S):
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            if known is None:
                raise
            return known[1]
        addresses = [(int(family), address) for family, _, _, _, address in found]
        self._known[key] = (now_ns, addresses)
        return addresses

    async def first_ip(self, url: str) -> str | None:
        """Return the IP address that a host is tried at first; None if it does not resolve."""
        host, port = _host_and_port(url)
        try:
            async with asyncio.timeout(_ADDRESS_TIMEOUT_S):
                found = await self.resolve(host, port)
        except (OSError, TimeoutError):
            return None
        # Of an IPv6 address, the scope behind the % is this machine's own name for its interface.
        return str(found[0][1][0]).partition("%")[0] if found else None

    def failed(self, host: str, port: int) -> None:
        """Take note that no address of a host answered: ask again next time, keep the old ones."""
        known = self._known.get((host, port))
        if known is not None:
            self._known[host, port] = (self._monotonic_ns() - _FRESH_NS, known[1])


async def open_socket(url: str, names: Names) -> socket.socket:
    """Return a connected socket to a URL's host that sends small packets at once.

    Raises
    ------
    OSError
        The name does not resolve, or no address answers.
    """
    host, port = _host_and_port(url)
    fault: OSError | None = None
    for family, address in await names.resolve(host, port):
        opened = socket.socket(family, socket.SOCK_STREAM)
        try:
            opened.setblocking(False)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(_ADDRESS_TIMEOUT_S):
                await asyncio.get_running_loop().sock_connect(opened, address)
        except (OSError, TimeoutError) as error:
            opened.close()
            fault = error if isinstance(error, OSError) else OSError(str(error))
        except BaseException:
            opened.close()
            raise
        else:
            return opened
    names.failed(host, port)
    raise fault if fault is not None else OSError(f"{host} has no address")


def _host_and_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "wss" else 80)
