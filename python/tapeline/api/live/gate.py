"""Who may connect to the live socket."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tapeline.api.live.hub import Hub
from tapeline.api.live.session import Close
from tapeline.api.origins import Origins

PROTOCOL: Final = "tapeline.v1"
_TOKEN: Final = "tapeline.token."  # noqa: S105 - a prefix
_BEARER: Final = "bearer "

NO_TOKEN: Final = Close(4401, "a token is required")
BAD_ORIGIN: Final = Close(4403, "this origin is not allowed")
TOO_MANY_CLIENTS: Final = Close(4429, "too many connections")


@dataclass(slots=True)
class Gate:
    """Checks origin, token and the number of connections."""

    hub: Hub
    is_known: Callable[[str], bool] | None = None
    """Whether a token may read; None where none is required."""
    origins: Origins = field(default_factory=lambda: Origins.of((), ()))
    """Names the server is known by, and pages elsewhere that may connect."""
    _by_address: Counter[str] = field(default_factory=Counter)

    def refusal(
        self, headers: Mapping[str, str], subprotocols: Sequence[str], address: str
    ) -> Close | None:
        """Return why a client may not connect; None when it may."""
        if not self._is_origin_allowed(headers):
            return BAD_ORIGIN
        if not self._has_token(headers, subprotocols):
            return NO_TOKEN
        settings = self.hub.settings
        is_full = self.hub.clients >= settings.max_clients
        if is_full or self._by_address[address] >= settings.max_clients_per_address:
            return TOO_MANY_CLIENTS
        return None

    def enter(self, address: str) -> None:
        """Count a connection."""
        self._by_address[address] += 1

    def leave(self, address: str) -> None:
        """Count a connection no more."""
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]

    def _is_origin_allowed(self, headers: Mapping[str, str]) -> bool:
        host, origin = headers.get("host"), headers.get("origin")
        if not self.origins.is_host_known(host):
            return False
        return origin is None or self.origins.is_origin_known(origin, host)

    def _has_token(self, headers: Mapping[str, str], subprotocols: Sequence[str]) -> bool:
        if self.is_known is None:
            return True
        shown = [name.removeprefix(_TOKEN) for name in subprotocols if name.startswith(_TOKEN)]
        said = headers.get("authorization", "")
        if said[: len(_BEARER)].lower() == _BEARER:
            shown.append(said[len(_BEARER) :].strip())
        return any(self.is_known(each) for each in shown)


def chosen_protocol(subprotocols: Sequence[str]) -> str | None:
    """Return the subprotocol that the server agrees to; never one with a token in it."""
    return PROTOCOL if PROTOCOL in subprotocols else None
