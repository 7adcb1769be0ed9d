"""``tapeline store``: from the bus into stores, each message once."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated

import orjson
import typer

from tapeline.apps.compacting import Compacting
from tapeline.apps.observing import observed
from tapeline.apps.settings import StoreSettings, load_settings
from tapeline.apps.store_runner import StoreRunner
from tapeline.apps.store_summary import StoreSummary
from tapeline.errors import SettingsError, StoreError, TapelineError
from tapeline.storage.consumer.buffer import Limits
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import SystemClock
from tapeline.telemetry.health import Health
from tapeline.telemetry.log import logging_to
from tapeline.telemetry.metrics import Metrics
from tapeline.transport.uris import parse_uri

_STATUS_EVERY_NS = 500_000_000


def store_command(
    target: Annotated[
        list[str] | None,
        typer.Option(
            help="Where to: parquet:PATH or parquet:s3://BUCKET/PREFIX?endpoint=URL; repeatable. "
            "[parquet:./tapeline-data/parquet]"
        ),
    ] = None,
    transport: Annotated[
        str | None,
        typer.Option(
            help="kafka://HOST:PORT, nats://HOST:PORT or local:PATH. [local:./tapeline-data/bus.db]"
        ),
    ] = None,
    types: Annotated[
        str | None, typer.Option(help="Event types, separated by commas. [all six]")
    ] = None,
    idle: Annotated[
        float | None, typer.Option(help="End when nothing has come for so many seconds.")
    ] = None,
    flush_interval: Annotated[
        float | None, typer.Option(help="A message waits so many seconds at most. [1]")
    ] = None,
    trim: Annotated[
        bool | None,
        typer.Option("--trim", help="Remove from a local transport file what every target has."),
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(help="HOST:PORT for /metrics, /health/live and /health/ready. [none]"),
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(help="The same on loopback; 0 is none. [0]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object at the end.")] = False,
) -> None:
    """Write what is on the bus into stores, until interrupted.

    Each message is stored once, whatever is killed in between: a store keeps its own offsets, in
    the same step as the rows. Messages that cannot be stored are kept as dead letters. Ctrl-C (or
    SIGTERM) ends it in order: what was read is stored. A second one ends it at once.
    """
    overrides = {
        "targets": tuple(target) if target else None,
        "transport": transport,
        "types": types,
        "idle_s": idle,
        "flush_interval_s": flush_interval,
        "trim": trim,
        "metrics": metrics,
        "metrics_port": metrics_port,
    }
    try:
        settings = load_settings(StoreSettings, "store", overrides=overrides)
        with logging_to(style=settings.log_format, level=settings.log_level):
            summary = store(settings, is_quiet=as_json)
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from error
    if as_json:
        sys.stdout.write(orjson.dumps(summary.as_dict()).decode() + "\n")
    else:
        _print_table(summary)
    if summary.ended_by is not None:
        raise StoreError(summary.ended_by)
    if summary.residual:
        raise TapelineError(f"{summary.residual} messages have no verdict: this is a defect")


def store(
    settings: StoreSettings,
    *,
    is_quiet: bool = False,
    look: Callable[[StoreRunner], None] | None = None,
) -> StoreSummary:
    """Run the workers to their end; SIGINT and SIGTERM end them in order.

    Parameters
    ----------
    is_quiet
        Show no status line.
    look
        Called ten times a second, instead of the status line.

    Raises
    ------
    SettingsError
        An address or a type is wrong.
    TransportError
        The bus cannot be opened.
    """
    clock = SystemClock()
    metrics, health = Metrics(), Health()
    targets = [parse_target(text) for text in settings.targets]
    runner = StoreRunner(
        parse_uri(settings.transport),
        targets,
        types=settings.types,
        limits=Limits(rows=settings.chunk_rows, age_s=settings.flush_interval_s),
        clock=clock,
        metrics=metrics,
        health=health,
        drain_s=settings.drain_timeout_s,
        is_trimming=settings.trim,
        session_timeout_s=settings.session_timeout_s,
        compacting=Compacting(
            targets,
            clock,
            every_s=settings.compact_every_s,
            level=settings.compact_level,
            grace_s=settings.compact_grace_s,
        ),
    )
    places = [target.path for target in targets if target.path is not None]
    show = not is_quiet and sys.stderr.isatty()
    with observed("store", settings, metrics, health, places), _stopping_on_signals(runner):
        shown = _StatusLine(clock) if show else _show_nothing
        return runner.run(settings.idle_s, look or shown)


@contextmanager
def _stopping_on_signals(runner: StoreRunner) -> Iterator[None]:
    def stop(number: int, _frame: FrameType | None) -> None:
        runner.stop()
        # The next one is for somebody who does not want to wait.
        signal.signal(number, signal.SIG_DFL)

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _show_nothing(_runner: StoreRunner) -> None:
    """Stand for the status line where nobody is looking."""


class _StatusLine:
    """One line on the terminal while running."""

    def __init__(self, clock: SystemClock) -> None:
        self._clock = clock
        self._at_ns = clock.monotonic_ns()
        self._rows = 0

    def __call__(self, runner: StoreRunner) -> None:
        """Rewrite the line, twice a second."""
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._at_ns < _STATUS_EVERY_NS:
            return
        counts = [worker.counts for worker in runner.workers]
        rows = sum(each.rows.total() for each in counts)
        rate = (rows - self._rows) * 1e9 / (now_ns - self._at_ns)
        self._at_ns, self._rows = now_ns, rows
        faults = [each.fault or each.ended_by for each in counts]
        fault = next((text for text in faults if text), None)
        lag = max((each.lag or 0 for each in counts), default=0)
        dead = sum(each.dead_letters.total() for each in counts)
        text = f"{rows:,} rows  {rate:,.0f} rows/s  {lag:,} messages behind  {dead:,} dead letters"
        sys.stderr.write(f"\r\x1b[K{text}{f'  {fault[:80]}' if fault else ''}\r")
        sys.stderr.flush()


def _print_table(summary: StoreSummary) -> None:
    from rich.console import Console
    from rich.table import Table

    columns = ("target", "rows", "by type", "messages", "redelivered", "dead letters", "residual")
    table = Table(*columns)
    for row in summary.rows():
        table.add_row(*row)
    console = Console()
    # Into a file or a pipe nothing is cut off.
    (console if console.is_terminal else Console(width=160)).print(table)
