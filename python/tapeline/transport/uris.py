"""Transport addresses: ``kafka://HOST:PORT``, ``nats://HOST:PORT`` and ``local:PATH``."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias
from urllib.parse import parse_qsl

from tapeline.errors import SettingsError
from tapeline.telemetry.addresses import without_user
from tapeline.transport.topics import TopicLayout

FORMS: Final = (
    "kafka://HOST:PORT[,HOST:PORT][?profile=low_latency|ordered&layout=symbol|market"
    "&compression=lz4|zstd|none&spool=PATH&partitions=N&replication=N&retention_ms=N],"
    " nats://HOST:PORT[,HOST:PORT][/PREFIX] or nats+tls://...[?layout=symbol|market&creds=PATH"
    "&ca=PATH&plaintext=allow&spool=PATH&replication=N&retention_ms=N&max_bytes=N&window_s=N]"
    " zmq+tcp://HOST:PORT[?keys=DIR&hwm=N] or zmq+ipc://PATH[?hwm=N],"
    " or local:PATH[?durable=process|full]"
)

_SERVER = re.compile(r"(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})\Z")
_OPTIONS: Final[dict[str, str]] = {
    "profile": r"low_latency|ordered",
    "layout": r"symbol|market",
    "compression": r"lz4|zstd|none",
    "spool": r".+",
    "partitions": r"[1-9][0-9]{0,3}",
    "replication": r"[1-9][0-9]?",
    "retention_ms": r"-1|[1-9][0-9]*",
}
_NATS_OPTIONS: Final[dict[str, str]] = {
    "layout": r"symbol|market",
    "creds": r".+",
    "ca": r".+",
    "plaintext": r"allow",
    "spool": r".+",
    "replication": r"[1-5]",
    "retention_ms": r"-1|[1-9][0-9]*",
    "max_bytes": r"-1|[1-9][0-9]*",
    "window_s": r"[1-9][0-9]{0,5}",
}
_ZMQ_OPTIONS: Final[dict[str, str]] = {"keys": r".+", "hwm": r"[1-9][0-9]{0,6}"}
_PREFIX = re.compile(r"[A-Za-z0-9-]{1,32}\Z")
_LOOPBACK = re.compile(r"localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]")


@dataclass(frozen=True, slots=True)
class KafkaUri:
    """A Kafka cluster and what the address says of writing to it; None where it is silent."""

    servers: str
    profile: str | None = None
    layout: TopicLayout | None = None
    spool: Path | None = None
    partitions: int | None = None
    replication: int | None = None
    retention_ms: int | None = None
    compression: str | None = None


@dataclass(frozen=True, slots=True)
class LocalUri:
    """A local transport file."""

    path: Path
    durable: Literal["process", "full"] | None = None


@dataclass(frozen=True, slots=True)
class NatsUri:
    """A NATS cluster and what the address says of it; None where it is silent."""

    servers: str
    prefix: str = "tapeline"
    """Begins the names of all streams and subjects."""
    is_tls: bool = False
    creds: Path | None = None
    ca: Path | None = None
    """Certificates to trust instead of the system's."""
    layout: TopicLayout | None = None
    spool: Path | None = None
    replication: int | None = None
    retention_ms: int | None = None
    max_bytes: int | None = None
    window_s: int | None = None


@dataclass(frozen=True, slots=True)
class ZmqUri:
    """A ZeroMQ publisher: where it binds, and where subscribers connect."""

    endpoint: str
    """``tcp://HOST:PORT`` or ``ipc://PATH``."""
    keys: Path | None = None
    """Folder of CURVE keys; without it only this machine is allowed."""
    hwm: int = 10_000
    """Messages that wait for one subscriber; more are lost."""


BusUri: TypeAlias = KafkaUri | LocalUri | NatsUri | ZmqUri


def parse_uri(text: str) -> BusUri:
    """Read a transport address.

    Raises
    ------
    SettingsError
        Not one of the allowed forms; the message names them.
    """
    body, _, query = text.partition("?")
    if body.startswith("kafka://"):
        return _kafka(text, body.removeprefix("kafka://").rstrip("/"), query)
    if body.startswith(("nats://", "nats+tls://")):
        return _nats(text, body, query)
    if body.startswith(("zmq+tcp://", "zmq+ipc://")):
        return _zmq(text, body.removeprefix("zmq+"), query)
    if body.startswith("local:") and body != "local:":
        durable = _options(text, query, {"durable": r"process|full"}).get("durable")
        path = Path(body.removeprefix("local:")).expanduser()
        return LocalUri(
            path, None if durable is None else "full" if durable == "full" else "process"
        )
    raise _bad(text, "it begins with none of kafka://, nats://, zmq+tcp://, zmq+ipc:// or local:")


def is_loopback(servers: str) -> bool:
    """Whether every ``HOST:PORT`` of a list is on this machine."""
    return all(_LOOPBACK.fullmatch(each.rpartition(":")[0]) for each in servers.split(","))


def _nats(text: str, body: str, query: str) -> NatsUri:
    scheme, _, rest = body.partition("://")
    servers, _, prefix = rest.rstrip("/").partition("/")
    _check_servers(text, servers)
    if prefix and not _PREFIX.match(prefix):
        raise _bad(text, f"the prefix {prefix!r} is not made of up to 32 of A-Z, a-z, 0-9 and '-'")
    options = _options(text, query, _NATS_OPTIONS)
    is_tls = scheme == "nats+tls"
    if not is_tls and not is_loopback(servers) and "plaintext" not in options:
        raise _bad(text, "beyond this machine use nats+tls://, or say plaintext=allow")
    if "ca" in options and not is_tls:
        raise _bad(text, "ca is for nats+tls://")
    numbers = _numbers(options, "replication", "retention_ms", "max_bytes", "window_s")
    return NatsUri(
        servers,
        prefix or "tapeline",
        is_tls,
        creds=_path(options, "creds"),
        ca=_path(options, "ca"),
        layout=TopicLayout(options["layout"]) if "layout" in options else None,
        spool=_path(options, "spool"),
        replication=numbers.get("replication"),
        retention_ms=numbers.get("retention_ms"),
        max_bytes=numbers.get("max_bytes"),
        window_s=numbers.get("window_s"),
    )


def _check_servers(text: str, servers: str) -> None:
    if "@" in text.partition("?")[0]:
        raise _bad(text, "an address has no user and no password")
    for server in servers.split(","):
        found = _SERVER.match(server)
        if found is None or not 0 < int(found[1]) < 65536:
            raise _bad(text, f"{server!r} is not HOST:PORT")


def state_path(kind: str, name: str) -> Path:
    """Return a file of this machine's own state, named after an address."""
    plain = re.sub(r"[^A-Za-z0-9.-]+", "_", name)
    return Path.home() / ".local" / "state" / "tapeline" / kind / f"{plain}.db"


def _zmq(text: str, endpoint: str, query: str) -> ZmqUri:
    scheme, _, place = endpoint.partition("://")
    options = _options(text, query, _ZMQ_OPTIONS)
    if scheme == "tcp":
        _check_servers(text, place)
        if "," in place:
            raise _bad(text, "a publisher has one address")
        if not is_loopback(place) and "keys" not in options:
            raise _bad(text, "beyond this machine name the folder of CURVE keys with keys=DIR")
    elif not place:
        raise _bad(text, "it names no path")
    return ZmqUri(endpoint, _path(options, "keys"), int(options.get("hwm", "10000")))


def _path(options: dict[str, str], name: str) -> Path | None:
    return Path(options[name]).expanduser() if name in options else None


def _numbers(options: dict[str, str], *names: str) -> dict[str, int]:
    return {name: int(options[name]) for name in names if name in options}


def _kafka(text: str, servers: str, query: str) -> KafkaUri:
    _check_servers(text, servers)
    options = _options(text, query, _OPTIONS)
    return KafkaUri(
        servers,
        profile=options.get("profile"),
        layout=TopicLayout(options["layout"]) if "layout" in options else None,
        compression=options.get("compression"),
        spool=_path(options, "spool"),
        **_numbers(options, "partitions", "replication", "retention_ms"),
    )


def _options(text: str, query: str, allowed: dict[str, str]) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError as error:
        raise _bad(text, f"{query!r} is not option=value") from error
    options: dict[str, str] = {}
    for name, value in pairs:
        if name not in allowed or name in options:
            raise _bad(
                text, f"option {name!r} is {'given twice' if name in options else 'unknown'}"
            )
        if not re.fullmatch(allowed[name], value):
            raise _bad(text, f"{name} may not be {value!r}")
        options[name] = value
    return options


def _bad(text: str, reason: str) -> SettingsError:
    shown = without_user(text)
    return SettingsError(f"bad transport address {shown!r}: {reason}; allowed are {FORMS}")
