"""Settings from defaults, a TOML file, the environment and the command line, in that order."""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tapeline.adapters.connection.clients import Client
from tapeline.errors import SettingsError
from tapeline.transport.kafka_settings import Profile

_ENVIRONMENT_PREFIX = "TAPELINE_"


def _words(value: object) -> object:
    """Split what the environment and the command line can only write with commas."""
    if isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return value


def _lines(value: object) -> object:
    """Split what has commas inside: by blanks or semicolons."""
    if isinstance(value, str):
        return tuple(value.replace(";", " ").split())
    return value


Lines = Annotated[tuple[str, ...], BeforeValidator(_lines)]
Words = Annotated[tuple[str, ...], BeforeValidator(_words), Field(min_length=1)]
MaybeWords = Annotated[tuple[str, ...], BeforeValidator(_words)]
Seconds = Annotated[float, Field(ge=0, le=86_400 * 30, allow_inf_nan=False)]


class CollectSettings(BaseModel):
    """Settings of ``tapeline collect``; the table ``[collect]`` of the file.

    Times are in the unit their name ends in; 0 switches a rule off, None leaves the choice to us.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    exchange: str = "binance"
    market: str = "spot"
    symbols: Words = ("BTC/USDT",)
    venues: Lines = ()
    """``exchange:market=symbol,symbol``, several; instead of exchange, market and symbols."""
    allow_partial: bool = False
    """Collect what is listed where some of the symbols are not; else nothing is started."""
    types: Words = ("trade",)
    transport: str = "local:./tapeline-data/bus.db"
    endpoint: Lines = ()
    """``ws[s]://host:port``, or ``exchange:market=ws[s]://host:port`` for one of several venues;
    none is the exchange's own address."""
    rest_endpoint: Lines = ()
    """``http[s]://host:port``, as ``endpoint``; none is the exchange's own, or the host of a
    loopback endpoint."""
    instruments: Path | None = None
    client: Client = Client.WEBSOCKETS
    time_unit: Literal["ms", "us"] = "ms"
    ca_file: Path | None = None
    """Trust this certificate authority, and no other, for ``wss``."""
    compression: Literal["on", "off"] = "off"
    """permessage-deflate; costs CPU, saves bytes."""
    isolate: MaybeWords = ()
    """Symbols that get a connection of their own."""
    core: MaybeWords | None = None
    """Symbols or base coins that get two connections, which stand by for each other; None is BTC
    and ETH at the exchange's own address and nothing elsewhere."""
    control: Path | None = None
    """JSON or TOML file with the symbols and types to collect; read again when it changes."""
    refresh_hours: Annotated[float, Field(ge=0, le=168)] = 0.0
    """Fetch the instrument lists so often and tell what was listed and delisted; 0 is never."""
    instrument_cache: Path = Path("tapeline-data/instruments")
    """Folder of the lists fetched; read at the start where ``refresh_hours`` is not 0."""
    idle_s: Annotated[float, Field(gt=0)] | None = None
    """End cleanly when nothing has come for so long."""
    duration_s: Annotated[float, Field(gt=0)] | None = None
    """End cleanly after so long."""
    stale_after_s: Seconds | None = None
    """Flag events that are older than this when they come; None is 60, or off for a loopback
    endpoint, because a replayed tape is always old."""
    staleness_s: Seconds = 15.0
    """Reconnect when a subscription is silent for so long (or 5 times its longest silence)."""
    first_data_s: Seconds = 10.0
    required: MaybeWords | None = None
    """Symbols whose silence makes ``/health/ready`` red; None is all, and none of them an empty
    list. A stream whose silence is normal is never required."""
    rotate_hours: Annotated[float, Field(gt=0, le=24)] = 23.0
    profile: Profile = Profile.ORDERED
    spool: Path | None = None
    ledger: Path | None = None
    """What was sent, by stream, for ``tapeline audit``; written at the end."""
    keep_raw: Literal["imperfect", "all"] = "imperfect"
    book_every: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Send a snapshot of a rebuilt book after so many updates of it; 0 is never. Who begins to read
    the bus later needs one."""
    metrics: str | None = None
    """``HOST:PORT`` of ``/metrics`` and ``/health``; None is none."""
    metrics_port: Annotated[int, Field(ge=0, le=65_535)] = 0
    """The same with the host apart; 0 is none."""
    metrics_host: str = "127.0.0.1"
    close_timeout_s: Annotated[float, Field(gt=0)] = 10.0
    """How long the transport may take to deliver the rest at the end."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"


EventType = Literal["trade", "orderbook", "funding", "liquidation", "coverage", "quarantine"]


class StoreSettings(BaseModel):
    """Settings of ``tapeline store``; the table ``[store]`` of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    transport: str = "local:./tapeline-data/bus.db"
    targets: Lines = ("parquet:./tapeline-data/parquet",)
    types: Annotated[tuple[EventType, ...], BeforeValidator(_words), Field(min_length=1)] = (
        "trade",
        "orderbook",
        "funding",
        "liquidation",
        "coverage",
        "quarantine",
    )
    idle_s: Annotated[float, Field(gt=0)] | None = None
    """End cleanly when nothing has come for so long."""
    flush_interval_s: Annotated[float, Field(gt=0, le=3600)] = 1.0
    """A message waits so long at most before its store is given it."""
    chunk_rows: Annotated[int, Field(ge=1, le=5_000_000)] = 500_000
    """A store is given so many rows at once, about; more take more memory."""
    drain_timeout_s: Annotated[float, Field(gt=0)] = 10.0
    """How long the stores may take to write the rest at the end."""
    session_timeout_s: Annotated[float, Field(ge=0.5, le=1800)] = 10.0
    """Kafka: a member of the group that was killed is missed for so long, and its partitions wait.
    Brokers allow 6 s and more unless they are told otherwise."""
    trim: bool = False
    """Remove from a local transport file what every target has."""
    compact_every_s: Seconds = 60.0
    """Small files of Parquet targets are merged so often; 0 is never."""
    compact_level: Annotated[int, Field(ge=1, le=22)] = 3
    """zstd level of merged files."""
    compact_grace_s: Seconds = 3600.0
    """Files that were merged are deleted so much later, for readers that know them."""
    metrics: str | None = None
    """``HOST:PORT`` of ``/metrics`` and ``/health``; None is none."""
    metrics_port: Annotated[int, Field(ge=0, le=65_535)] = 0
    """The same with the host apart; 0 is none."""
    metrics_host: str = "127.0.0.1"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"


def _days(value: object) -> object:
    """Read ``ever`` as no limit."""
    return None if value == "ever" else value


Days = Annotated[
    Annotated[int, Field(ge=1, le=36_500)] | None,
    BeforeValidator(_days),
]


class RetentionSettings(BaseModel):
    """How long stores keep rows, by type, in days; None (``ever``) is for ever.

    The archive keeps everything for ever. Of the order book, snapshots by price level stay in
    Parquet stores, which keep them for ever too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trade_days: Days = 30
    orderbook_days: Days = 7
    funding_days: Days = None
    liquidation_days: Days = None
    coverage_days: Days = None
    quarantine_days: Days = None

    def by_type(self) -> dict[str, int | None]:
        """Return the days by event type."""
        return {name.removesuffix("_days"): days for name, days in self}


Model = TypeVar("Model", bound=BaseModel)


def load_settings(
    model: type[Model],
    section: str,
    *,
    config: Path | None = None,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Model:
    """Lay the sources over each other and check the result.

    Parameters
    ----------
    model
        The settings class.
    section
        Table of the TOML file, and middle of the variables: ``TAPELINE_COLLECT_SYMBOLS``.
    config
        TOML file; None for none.
    environment
        None for the process's own.
    overrides
        From the command line; None values say nothing.

    Raises
    ------
    SettingsError
        The file cannot be read, a key is unknown (the nearest valid one is named) or a value is
        wrong.
    """
    values: dict[str, Any] = {}
    if config is not None:
        values.update(_from_file(config, section))
    variables = os.environ if environment is None else environment
    values.update(_from_environment(section, variables))
    values.update({name: value for name, value in (overrides or {}).items() if value is not None})
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_sentence(model, error)) from error


def _from_file(path: Path, section: str) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot read the settings: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error
    table = document.get(section, {})
    unknown = [name for name in document if name != section]
    if unknown:
        raise SettingsError(f"{path}: unknown table {unknown[0]!r}, expected [{section}]")
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: {section} must be a table")
    return table


def _from_environment(section: str, environment: Mapping[str, str]) -> dict[str, str]:
    prefix = f"{_ENVIRONMENT_PREFIX}{section.upper()}_"
    return {
        name.removeprefix(prefix).lower(): value
        for name, value in environment.items()
        if name.startswith(prefix)
    }


def _sentence(model: type[BaseModel], error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in fault["loc"][:1]) or "settings"
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, model.model_fields, n=1, cutoff=0.5)
        hint = (
            f"did you mean {near[0]!r}?" if near else f"known are {', '.join(model.model_fields)}"
        )
        return f"unknown setting {name!r}; {hint}"
    return f"{name}: {fault['msg'].lower()}, was {fault['input']!r}"
