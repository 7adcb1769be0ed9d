"""What `nsc` makes for a NATS server in operator mode: an operator, accounts, users, as JWTs."""

import base64
import json
import os
from dataclasses import dataclass
from typing import Any, Final

import nkeys

_HEADER: Final = {"typ": "JWT", "alg": "ed25519-nkey"}
_ISSUED_S: Final = 1_767_614_400
_LIMITS: Final = dict.fromkeys(
    ("subs", "data", "payload", "imports", "exports", "conn", "leaf"), -1
) | {"wildcards": True}
_JETSTREAM: Final = dict.fromkeys(("mem_storage", "disk_storage", "streams", "consumer"), -1)


class Key:
    """A key pair of an operator, an account or a user."""

    def __init__(self, prefix: int) -> None:
        self.seed: bytes = nkeys.encode_seed(os.urandom(32), prefix)
        self._pair = nkeys.from_seed(bytearray(self.seed))
        self.public: str = self._pair.public_key.decode()

    def claim(self, name: str, subject: str, nats: dict[str, Any], **more: int) -> str:
        """Return a signed JWT about a subject."""
        content = {"iss": self.public, "sub": subject, "name": name, "iat": _ISSUED_S, **more}
        body = {**content, "jti": name, "nats": {**nats, "version": 2}}
        signed = f"{_packed(_HEADER)}.{_packed(body)}"
        signature = self._pair.sign(signed.encode())
        return f"{signed}.{_base64(signature)}"


def _packed(content: dict[str, Any]) -> str:
    return _base64(json.dumps(content, separators=(",", ":")).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator with a system account and one for data."""

    config: str
    """For the server's configuration file."""
    account: Key

    @classmethod
    def make(cls) -> "Operator":
        """Make keys and claims."""
        operator = Key(nkeys.PREFIX_BYTE_OPERATOR)
        system, account = (Key(nkeys.PREFIX_BYTE_ACCOUNT) for _ in range(2))
        about = {"type": "operator", "system_account": system.public}
        claims = {
            system.public: {"type": "account", "limits": _LIMITS},
            account.public: {"type": "account", "limits": {**_LIMITS, **_JETSTREAM}},
        }
        preload = "\n".join(
            f"{public}: {operator.claim('account', public, claim)}"
            for public, claim in claims.items()
        )
        return cls(
            f"operator: {operator.claim('operator', operator.public, about)}\n"
            f"system_account: {system.public}\nresolver: MEMORY\n"
            f"resolver_preload: {{\n{preload}\n}}\n",
            account,
        )

    def user(self, signer: Key | None = None, **more: int) -> str:
        """Return a credentials file of a new user.

        Parameters
        ----------
        signer
            An account; None for the one the server knows.
        more
            Claims beside the usual ones, ``exp`` for example.
        """
        user = Key(nkeys.PREFIX_BYTE_USER)
        about = {"type": "user", "subs": -1, "data": -1, "payload": -1}
        claim = (signer or self.account).claim("user", user.public, about, **more)
        return (
            f"-----BEGIN NATS USER JWT-----\n{claim}\n------END NATS USER JWT------\n\n"
            f"-----BEGIN USER NKEY SEED-----\n{user.seed.decode()}\n"
            "------END USER NKEY SEED------\n"
        )
