"""Settings of ``tapeline serve``, and who may reach it."""

import ipaddress
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from tapeline.api.auth import Tokens, grant_of, parse_file
from tapeline.api.live.settings import LiveSettings
from tapeline.api.settings import ApiSettings
from tapeline.apps.settings import Lines
from tapeline.errors import SettingsError
from tapeline.telemetry.clock import Clock

TOKEN: Final = "TAPELINE_API_TOKEN"  # noqa: S105 - the name of a variable
TOKEN_FILE: Final = "TAPELINE_API_TOKEN_FILE"  # noqa: S105 - the name of a variable
_MOST_BYTES: Final = 1_048_576


class ServeSettings(BaseModel):
    """The table ``[serve]`` of the file; tokens are in no file but their own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Lines = ("parquet:./tapeline-data/parquet",)
    """Stores that answer as one."""
    transport: str | None = None
    """The bus that the live socket reads; None for no live data."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    """0 takes a free one."""
    runs: Path = Path("runs")
    """Folder of backtest runs."""
    allow_origin: Lines = ()
    """Pages elsewhere that may read, e.g. ``https://desk.example``."""
    allow_host: Lines = ()
    """Names the server is known by, e.g. ``market.example``."""
    workers: Annotated[int, Field(ge=1, le=64)] = 4
    waiting: Annotated[int, Field(ge=0, le=10_000)] = 32
    time_limit_s: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = 30.0
    rate_per_s: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] = 50.0
    burst: Annotated[int, Field(ge=1, le=1_000_000)] = 200
    at_once: Annotated[int, Field(ge=1, le=10_000)] = 24
    sockets_per_address: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Live sockets of one address elsewhere; raise it where a proxy stands in front."""
    metrics: str | None = None
    """``HOST:PORT`` of ``/metrics`` and ``/health``, a listener of its own; None is none."""
    metrics_port: Annotated[int, Field(ge=0, le=65_535)] = 0
    metrics_host: str = "127.0.0.1"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"

    @property
    def api(self) -> ApiSettings:
        """What the application takes of them."""
        return ApiSettings(
            runs=self.runs,
            workers=self.workers,
            waiting=self.waiting,
            time_limit_s=self.time_limit_s,
            rate_per_s=self.rate_per_s,
            burst=self.burst,
            at_once=self.at_once,
            allowed_origins=self.allow_origin,
            allowed_hosts=(*self.allow_host, self.host),
        )

    @property
    def live(self) -> LiveSettings:
        """What the live socket takes of them."""
        return LiveSettings(max_clients_per_address=self.sockets_per_address)


def tokens_for(
    host: str, clock: Clock, environment: Mapping[str, str] | None = None
) -> Tokens | None:
    """Return the tokens that count, None where none is needed.

    Raises
    ------
    SettingsError
        The address is not of loopback alone and there is no token, or a token cannot be used.
    """
    variables = os.environ if environment is None else environment
    grants = []
    if variables.get(TOKEN):
        grants.append(grant_of(variables[TOKEN]))
    if variables.get(TOKEN_FILE):
        grants += parse_file(_private_text(Path(variables[TOKEN_FILE])))
    if grants:
        return Tokens(grants, clock)
    if not is_loopback(host):
        raise SettingsError(
            f"{host} can be reached from elsewhere, so a token is needed: make one with `tapeline "
            f"serve --new-token`, put its line into a file only you can read and set {TOKEN_FILE}"
        )
    return None


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address; a name but ``localhost`` could be any."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _private_text(path: Path) -> str:
    """Read a file that belongs to us and that nobody else can read.

    Raises
    ------
    SettingsError
        It is not so, or cannot be read.
    """
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(number, "rb") as file:
            facts = os.fstat(file.fileno())
            if not stat.S_ISREG(facts.st_mode) or facts.st_size > _MOST_BYTES:
                raise SettingsError(f"{TOKEN_FILE}: {path} is no small file")
            if facts.st_uid != os.geteuid() or facts.st_mode & 0o077:
                raise SettingsError(
                    f"{TOKEN_FILE}: others can read {path}, or it is not yours: chmod 600 it"
                )
            return file.read(_MOST_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SettingsError(f"{TOKEN_FILE}: cannot read {path}: {reason}") from error
