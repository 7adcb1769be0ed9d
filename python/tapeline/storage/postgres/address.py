"""What a PostgreSQL target address says."""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

from tapeline.errors import SettingsError
from tapeline.storage.targets import Target

_OPTIONS: Final = {
    "schema": r"[a-z_][a-z0-9_]{0,62}",
    "timeout": r"[0-9]{1,4}(\.[0-9]{1,3})?",
    "sslmode": r"disable|allow|prefer|require|verify-ca|verify-full",
}
_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where a store lies, and how long to wait for its server."""

    shown: str
    """For people, without the password."""
    host: str
    port: int
    database: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    schema: str = "tapeline"
    """The PostgreSQL schema that holds all tables."""
    timeout_s: float = _TIMEOUT_S
    """A statement may take so long, a COPY four times as long."""
    sslmode: str = "prefer"


def address_of(target: Target) -> Address:
    """Read a target address.

    Raises
    ------
    SettingsError
        It names no database, or an option is unknown or has no such value.
    """
    for name, value in target.options:
        if name not in _OPTIONS or not re.fullmatch(_OPTIONS[name], value):
            known = ", ".join(_OPTIONS)
            raise SettingsError(
                f"{target.shown}: option {name!r} is unknown or may not be {value!r};"
                f" there are {known}"
            )
    parts = urlsplit(target.text)
    database = unquote(parts.path.strip("/"))
    if not database or parts.hostname is None:
        raise SettingsError(f"{target.shown} names no database: write HOST:PORT/DATABASE")
    return Address(
        shown=target.shown.partition("?")[0],
        host=parts.hostname,
        port=parts.port or 5432,
        database=database,
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        schema=target.option("schema") or "tapeline",
        timeout_s=float(target.option("timeout") or _TIMEOUT_S),
        sslmode=target.option("sslmode") or "prefer",
    )
