"""How often and how much at once: by token, else by address, in bounded memory."""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from tapeline.telemetry.clock import Clock

_SECOND_NS: Final = 1_000_000_000


def network_of(address: str) -> str:
    """Return what is counted as one client: an IPv4 address, or the /64 of an IPv6 address.

    A host with IPv6 has all addresses of its /64.
    """
    found = _parsed(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return address if found is None else str(found)


def is_near(address: str) -> bool:
    """Whether somebody is on this machine; without an address it is a local socket."""
    found = _parsed(address)
    return not address or (found is not None and found.is_loopback)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


@dataclass(slots=True)
class _Client:
    left: float
    at_ns: int
    running: int = 0


class RateLimit:
    """A bucket a client: so many requests at once, filled again at a steady rate.

    Parameters
    ----------
    per_s
        Requests a second, on average.
    burst
        Requests after a pause.
    at_once
        Requests of one client that may be worked on at the same time.
    most_clients
        Clients remembered; of more, those that were seen longest ago and have nothing running are
        forgotten, which only ever helps them.
    """

    def __init__(
        self, clock: Clock, *, per_s: float, burst: int, at_once: int, most_clients: int = 10_000
    ) -> None:
        self._clock = clock
        self._per_ns = per_s / _SECOND_NS
        self._burst = float(burst)
        self._at_once = at_once
        self._most = most_clients
        self._clients: OrderedDict[str, _Client] = OrderedDict()

    def __len__(self) -> int:
        return len(self._clients)

    def enter(self, name: str) -> float | None:
        """Count a request; return None when it may go on, else in how many seconds to ask again."""
        client = self._client(name)
        if client.running >= self._at_once:
            return 1.0
        if client.left < 1.0:
            return (1.0 - client.left) / (self._per_ns * _SECOND_NS)
        client.left -= 1.0
        client.running += 1
        return None

    def leave(self, name: str) -> None:
        """Count a request that :meth:`enter` let go on as done."""
        client = self._clients.get(name)
        if client is not None:
            client.running = max(client.running - 1, 0)

    def _client(self, name: str) -> _Client:
        now_ns = self._clock.monotonic_ns()
        client = self._clients.get(name)
        if client is None:
            client = self._clients[name] = _Client(self._burst, now_ns)
            self._forget()
        client.left = min(self._burst, client.left + (now_ns - client.at_ns) * self._per_ns)
        client.at_ns = now_ns
        self._clients.move_to_end(name)
        return client

    def _forget(self) -> None:
        if len(self._clients) <= self._most:
            return
        # At most as many are running as there are connections, so one is found soon.
        idle = next((name for name, each in self._clients.items() if not each.running), None)
        if idle is not None:
            del self._clients[idle]
