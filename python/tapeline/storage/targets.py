"""Target addresses: where ``tapeline store`` writes and ``tapeline query`` reads."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from tapeline.errors import SettingsError
from tapeline.telemetry.addresses import without_password

FORMS: Final = (
    "parquet:PATH, parquet:s3://BUCKET/PREFIX[?endpoint=URL&region=NAME], "
    "timescale://USER[:PASSWORD]@HOST:PORT/DATABASE (or postgres://), "
    "clickhouse://[USER[:PASSWORD]@]HOST:PORT/DATABASE, clickhouse:PATH (embedded), "
    "redis://HOST:PORT/NUMBER"
)

_PLAIN: Final = re.compile(r"[a-z]+://[A-Za-z0-9]+([:/][A-Za-z0-9]+)*")
"""Addresses of servers that can be told apart by their letters and digits."""
_WORDS: Final = 100
"""Of a name, letters at most: NATS makes file names of it."""


class Kind(StrEnum):
    """The stores there are."""

    PARQUET = "parquet"
    POSTGRES = "postgres"
    CLICKHOUSE = "clickhouse"
    REDIS = "redis"


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed target address; a folder, a bucket or a server, according to its kind."""

    kind: Kind
    text: str = field(repr=False)
    """As given. May hold a password: show :attr:`shown`."""
    path: Path | None = None
    bucket: str | None = None
    prefix: str = ""
    options: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> str:
        """The address without its password, for people and logs."""
        return without_password(self.text)

    @property
    def name(self) -> str:
        """A name for groups, metrics and logs: letters, digits and ``-``, no password.

        Stores at two addresses have two names: where the words alone do not tell them apart
        (``a-b`` from ``a_b``), a short hash of the address follows them.
        """
        body = re.sub(r"://[^/]*@", "://", self.text.partition("?")[0])
        if self.path is not None:
            body = f"{self.kind}:{self.path.absolute()}"
        if (schema := self.option("schema")) is not None:
            # Two schemas of one database are two stores, and need a consumer group each.
            body = f"{body}/{schema}"
        words = re.sub(r"[^A-Za-z0-9]+", "-", body).strip("-")
        if _PLAIN.fullmatch(body) and len(words) <= _WORDS:
            return words
        # Buckets of one name are at many endpoints.
        address = f"{body} {self.option('endpoint') or ''}"
        return f"{words[-_WORDS:]}-{sha256(address.encode()).hexdigest()[:8]}"

    def option(self, name: str) -> str | None:
        """Return what the address says of an option."""
        return dict(self.options).get(name)


_ESCAPES: Final = "; in a password write %23 for #, %2F for /, %3A for :, %3F for ?, %40 for @"
_S3_OPTIONS: Final = {"endpoint": r"https?://\S+", "region": r"[a-z0-9-]+"}


def parse_target(text: str) -> Target:
    """Read a target address.

    Raises
    ------
    SettingsError
        Not one of the allowed forms; the message names them.
    """
    scheme, _, rest = text.partition(":")
    if scheme == "parquet" and rest.startswith("s3://"):
        return _bucket(text, rest)
    if scheme in ("parquet", "clickhouse") and rest and not rest.startswith("//"):
        return Target(Kind(scheme), text, path=Path(rest).expanduser())
    servers = {
        "timescale": Kind.POSTGRES,
        "postgres": Kind.POSTGRES,
        "postgresql": Kind.POSTGRES,
        "clickhouse": Kind.CLICKHOUSE,
        "redis": Kind.REDIS,
    }
    if scheme in servers and rest.startswith("//"):
        return _server(text, servers[scheme])
    if scheme in ("parquet", "clickhouse") and not rest:
        raise _bad(text, f"no path follows {scheme}:")
    if scheme == "s3" or "://" not in text:
        raise _bad(text, f"it begins with none of the known names, did you mean parquet:{text}")
    raise _bad(text, "it begins with none of the known names")


def _bucket(text: str, rest: str) -> Target:
    body, _, query = rest.partition("?")
    bucket, _, prefix = body.removeprefix("s3://").partition("/")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,62}", bucket):
        raise _bad(text, f"{bucket!r} is not a bucket name")
    options = parse_qsl(query, keep_blank_values=True)
    for name, value in options:
        if name not in _S3_OPTIONS or not re.fullmatch(_S3_OPTIONS[name], value):
            raise _bad(text, f"option {name!r} is unknown or may not be {value!r}")
    return Target(
        Kind.PARQUET, text, bucket=bucket, prefix=prefix.strip("/"), options=tuple(options)
    )


def _server(text: str, kind: Kind) -> Target:
    try:
        parts = urlsplit(text)
        has_server = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        # What Python says of it may repeat a part of the password.
        raise _bad(text, f"it has no HOST:PORT that can be read{_ESCAPES}") from None
    if "#" in text or "@" in text.partition("://")[2][len(parts.netloc) :]:
        raise _bad(text, f"it cannot be told where its host begins{_ESCAPES}")
    if not has_server:
        raise _bad(text, "it names no host")
    return Target(kind, text, options=tuple(parse_qsl(parts.query)))


def _bad(text: str, reason: str) -> SettingsError:
    return SettingsError(f"bad target {without_password(text)!r}: {reason}; allowed are {FORMS}")
