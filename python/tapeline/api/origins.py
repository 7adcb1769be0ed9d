"""Which pages and which names may reach the server: against requests that a page forges."""

import ipaddress
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


@dataclass(frozen=True, slots=True)
class Origins:
    """Checks the headers ``Host`` and ``Origin``."""

    hosts: frozenset[str]
    """Names the server is known by, in lower case, beside loopback and plain addresses."""
    allowed: frozenset[str]
    """Origins of pages elsewhere, e.g. ``https://desk.example``."""

    @classmethod
    def of(cls, hosts: Collection[str], allowed: Collection[str]) -> "Origins":
        """Return the check for these names and origins."""
        return cls(frozenset(host.lower() for host in hosts), frozenset(allowed))

    def is_host_known(self, host: str | None) -> bool:
        """Whether a request is meant for this server.

        A page that rebinds its own name to our address still says its own name here. A plain
        address cannot be rebound.
        """
        name = _name(host or "")
        return name is not None and (name in _LOCAL or name in self.hosts or _is_address(name))

    def is_origin_known(self, origin: str, host: str | None) -> bool:
        """Whether a page of this origin may read."""
        if origin in self.allowed:
            return True
        try:
            place = urlsplit(origin).netloc
        except ValueError:
            return False
        # Without its scheme: a proxy in front may have ended the encryption.
        return bool(place) and place.lower() == (host or "").lower()

    def headers(self, origin: str | None, host: str | None) -> Mapping[str, str]:
        """Return what lets a page elsewhere read the answer."""
        if origin is None or origin not in self.allowed:
            return {"vary": "Origin, Accept"} if self.allowed else {"vary": "Accept"}
        return {
            "vary": "Origin, Accept",
            "access-control-allow-origin": origin,
            "access-control-expose-headers": "tapeline-coverage, tapeline-as-of-ns, "
            "tapeline-next-cursor, x-request-id, retry-after",
        }


def _name(host: str) -> str | None:
    """Return the name without its port; None when it is malformed."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    bare = parts.path or parts.query or parts.fragment or "@" in host
    return None if bare or parts.hostname is None else parts.hostname.lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
