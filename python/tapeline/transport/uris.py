"""Transport addresses: ``kafka://HOST:PORT[,HOST:PORT][?option=value&...]`` and ``local:PATH``."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias
from urllib.parse import parse_qsl

from tapeline.errors import SettingsError
from tapeline.transport.topics import TopicLayout

FORMS: Final = (
    "kafka://HOST:PORT[,HOST:PORT][?profile=low_latency|ordered&layout=symbol|market"
    "&compression=lz4|zstd|none&spool=PATH&partitions=N&replication=N&retention_ms=N]"
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


BusUri: TypeAlias = KafkaUri | LocalUri


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
    if body.startswith("local:") and body != "local:":
        durable = _options(text, query, {"durable": r"process|full"}).get("durable")
        path = Path(body.removeprefix("local:")).expanduser()
        return LocalUri(
            path, None if durable is None else "full" if durable == "full" else "process"
        )
    raise _bad(text, "it begins with neither kafka:// nor local: and a path")


def _kafka(text: str, servers: str, query: str) -> KafkaUri:
    for server in servers.split(","):
        found = _SERVER.match(server)
        if found is None or not 0 < int(found[1]) < 65536:
            raise _bad(text, f"{server!r} is not HOST:PORT")
    options = _options(text, query, _OPTIONS)
    numbers = {
        name: int(options[name])
        for name in ("partitions", "replication", "retention_ms")
        if name in options
    }
    return KafkaUri(
        servers,
        profile=options.get("profile"),
        layout=TopicLayout(options["layout"]) if "layout" in options else None,
        compression=options.get("compression"),
        spool=Path(options["spool"]).expanduser() if "spool" in options else None,
        **numbers,
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
    return SettingsError(f"bad transport address {text!r}: {reason}; allowed are {FORMS}")
