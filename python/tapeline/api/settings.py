"""Settings of the HTTP interface, and every limit it has."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

MAX_LIMIT: Final = 10_000
"""Rows on a page, at most."""
DEFAULT_LIMIT: Final = 1000
MAX_BARS: Final = 5000
MAX_LEVELS: Final = 5000
MAX_HOLES: Final = 1000
"""Holes told of a stream; the count is of all."""
MAX_POINTS: Final = 20_000
"""Points of an equity curve."""
MAX_CURSOR: Final = 1024
MAX_NAME: Final = 64
MAX_TIME: Final = 40


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """What an operator may choose; the defaults are for one machine."""

    runs: Path = Path("runs")
    """Folder of backtest runs, one folder each."""
    workers: int = 4
    """Queries that run at once, each in a thread with stores opened for it."""
    waiting: int = 32
    """Queries that may wait for a worker; more are refused with 503."""
    time_limit_s: float = 30.0
    """A query that takes longer is ended with 504."""
    max_scan_rows: int = 20_000_000
    """Rows that bars, an analysis or a count of grades may read; more are refused with 422."""
    rate_per_s: float = 50.0
    """Requests of a client, on average: of a token, else of an address."""
    burst: int = 200
    """Requests of a client after a pause."""
    at_once: int = 24
    """Requests of a client that are worked on at the same time."""
    max_url_bytes: int = 8192
    max_header_bytes: int = 16_384
    max_body_bytes: int = 65_536
    allowed_origins: tuple[str, ...] = field(default=())
    """Origins of pages elsewhere that may read, e.g. ``https://desk.example``."""
    allowed_hosts: tuple[str, ...] = field(default=())
    """Names the server is known by, beside loopback and the address it listens on."""
