"""Who may ask: tokens, kept as hashes, with what each may read and until when."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tapeline.access.times import to_ns
from tapeline.errors import ArgumentError, SettingsError
from tapeline.telemetry.clock import Clock

READ: Final = "read"
BACKTEST: Final = "backtest"
SCOPES: Final = frozenset({READ, BACKTEST})
PROTOCOL: Final = "tapeline.token."
"""Begins the WebSocket subprotocol in which a browser shows its token."""

_BYTES: Final = 32
_LEAST_LETTERS: Final = 22
"""128 bits in base64."""
_LEAST_KINDS: Final = 10
_MOST_LETTERS: Final = 512
_HASH: Final = re.compile(r"sha256:([0-9a-f]{64})")
_BEARER: Final = "bearer "


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token allows."""

    hash: bytes
    """SHA-256 of the token."""
    scopes: frozenset[str]
    until_ns: int | None = None
    """Unix UTC nanoseconds; None is for ever."""


class Tokens:
    """The tokens that are known; of each the hash alone."""

    def __init__(self, grants: Iterable[Grant], clock: Clock) -> None:
        self._grants = tuple(grants)
        self._clock = clock

    def find(self, token: str) -> Grant | None:
        """Return what a token allows; None when it is unknown or no longer good.

        It takes as long for a token that is nearly right as for any other.
        """
        if len(token) > _MOST_LETTERS:
            return None
        shown = hash_of(token)
        found = None
        for grant in self._grants:
            if hmac.compare_digest(grant.hash, shown):
                found = grant
        if found is None or found.until_ns is None or self._clock.wall_ns() < found.until_ns:
            return found
        return None

    def __len__(self) -> int:
        return len(self._grants)


def hash_of(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def new_token() -> str:
    """Return a token of 256 bits."""
    return secrets.token_urlsafe(_BYTES)


def line_of(token: str, scopes: Iterable[str] = (READ, BACKTEST)) -> str:
    """Return the line of a token file."""
    return f"sha256:{hash_of(token).hex()} {','.join(scopes)}"


def grant_of(token: str) -> Grant:
    """Return all that can be allowed, for a token of the environment.

    Raises
    ------
    SettingsError
        It is too short, or too plain, for 128 bits. The message does not show it.
    """
    if len(token) < _LEAST_LETTERS or len(set(token)) < _LEAST_KINDS or not token.isascii():
        raise SettingsError(
            "the token of TAPELINE_API_TOKEN is too weak: `tapeline serve --new-token` makes one"
        )
    return Grant(hash_of(token), SCOPES)


def parse_file(text: str) -> list[Grant]:
    """Return the tokens of a file: ``sha256:HASH [SCOPE,SCOPE] [UNTIL]`` a line.

    Raises
    ------
    SettingsError
        A line is none of these; the message names it by its number and does not show it.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if words:
            found.append(_grant(number, words))
    if not found:
        raise SettingsError("the token file has no token: `tapeline serve --new-token` makes one")
    return found


def _grant(number: int, words: list[str]) -> Grant:
    where = f"line {number} of the token file"
    hashed = _HASH.fullmatch(words[0])
    if hashed is None or len(words) > 3:
        raise SettingsError(
            f"{where} is not `sha256:HASH [SCOPES] [UNTIL]`: a file keeps no tokens, only their "
            "hashes; `tapeline serve --new-token` makes both"
        )
    scopes = frozenset(words[1].split(",")) if len(words) > 1 else SCOPES
    if not scopes <= SCOPES:
        raise SettingsError(f"{where}: scopes are {' and '.join(sorted(SCOPES))}")
    try:
        until_ns = to_ns(words[2]) if len(words) > 2 else None
    except ArgumentError as error:
        raise SettingsError(f"{where}: until when? a time like 2027-01-01T00:00:00Z") from error
    return Grant(bytes.fromhex(hashed[1]), scopes, until_ns)


def bearer(authorization: str) -> str | None:
    """Return the token of a header ``Authorization``; None when there is none."""
    if authorization[: len(_BEARER)].lower() != _BEARER:
        return None
    return authorization[len(_BEARER) :].strip() or None
