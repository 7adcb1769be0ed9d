"""Who may connect to the live socket, how often, and until when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tapeline.api.auth import PROTOCOL as TOKEN_PROTOCOL
from tapeline.api.auth import READ, Grant, Tokens, bearer
from tapeline.api.limits import RateLimit, is_near, network_of
from tapeline.api.live.session import Close
from tapeline.api.live.settings import LiveSettings
from tapeline.api.origins import Origins
from tapeline.telemetry.clock import Clock

PROTOCOL: Final = "tapeline.v1"
_MOST_SHOWN: Final = 4
"""Tokens of one request that are looked at."""

NO_TOKEN: Final = Close(4401, "a token is required")
EXPIRED: Final = Close(4401, "the token is good no longer")
BAD_ORIGIN: Final = Close(4403, "this origin is not allowed")
TOO_MANY_CLIENTS: Final = Close(4429, "too many connections")


@dataclass(frozen=True, slots=True)
class Admission:
    """A client that may connect; given back when it leaves."""

    network: str
    """Where it comes from."""
    until_ns: int | None = None
    """When its token ends, Unix UTC nanoseconds; None is never."""


class Gate:
    """Checks origin, token, and how often and how much an address connects.

    Parameters
    ----------
    tokens
        None where none is required.
    origins
        Names the server is known by, and pages elsewhere that may connect.
    """

    def __init__(
        self,
        settings: LiveSettings,
        clock: Clock,
        tokens: Tokens | None = None,
        origins: Origins | None = None,
    ) -> None:
        self._settings = settings
        self._tokens = tokens
        self._origins = origins if origins is not None else Origins.of((), ())
        self._inside = 0
        self._far = RateLimit(
            clock,
            per_s=settings.handshakes_per_s,
            burst=settings.handshakes_at_once,
            at_once=settings.max_clients_per_address,
        )
        self._guesses = RateLimit(
            clock, per_s=settings.guesses_per_s, burst=settings.guesses_at_once, at_once=1
        )

    def admit(
        self, headers: Mapping[str, str], subprotocols: Sequence[str], address: str
    ) -> Admission | Close:
        """Let a client in, or say why not."""
        network = network_of(address)
        if self._inside >= self._settings.max_clients or not self._enter(network, address):
            return TOO_MANY_CLIENTS
        self._inside += 1
        answer = self._answer(headers, subprotocols, network)
        if isinstance(answer, Close):
            self.leave(Admission(network))
        return answer

    def _answer(
        self, headers: Mapping[str, str], subprotocols: Sequence[str], network: str
    ) -> Admission | Close:
        if not self._is_origin_allowed(headers):
            return BAD_ORIGIN
        if self._tokens is None:
            return Admission(network)
        grant = self._grant(self._tokens, headers, subprotocols)
        return self._guessed(network) if grant is None else Admission(network, grant.until_ns)

    def leave(self, admission: Admission) -> None:
        """Count a client no more."""
        self._inside -= 1
        self._far.leave(admission.network)

    def _enter(self, network: str, address: str) -> bool:
        # All clients of a proxy on this machine have its address.
        return is_near(address) or self._far.enter(network) is None

    def _guessed(self, network: str) -> Close:
        """Count a wrong token; who tries many is not even told that they are wrong."""
        if self._guesses.enter(network) is not None:
            return TOO_MANY_CLIENTS
        self._guesses.leave(network)
        return NO_TOKEN

    def _is_origin_allowed(self, headers: Mapping[str, str]) -> bool:
        host, origin = headers.get("host"), headers.get("origin")
        if not self._origins.is_host_known(host):
            return False
        return origin is None or self._origins.is_origin_known(origin, host)

    @staticmethod
    def _grant(
        tokens: Tokens, headers: Mapping[str, str], subprotocols: Sequence[str]
    ) -> Grant | None:
        shown = [
            name.removeprefix(TOKEN_PROTOCOL)
            for name in subprotocols
            if name.startswith(TOKEN_PROTOCOL)
        ]
        said = bearer(headers.get("authorization", ""))
        if said is not None:
            shown.append(said)
        found = (tokens.find(each) for each in shown[:_MOST_SHOWN])
        return next((each for each in found if each is not None and READ in each.scopes), None)


def chosen_protocol(subprotocols: Sequence[str]) -> str | None:
    """Return the subprotocol that the server agrees to; never one with a token in it."""
    return PROTOCOL if PROTOCOL in subprotocols else None
