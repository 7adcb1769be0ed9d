"""``tapeline collect``: a feed, cleaned, on the bus."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from tapeline.apps.collect_listing import listed_plans
from tapeline.apps.collect_summary import CollectSummary
from tapeline.apps.collector import Collector, SendLatency
from tapeline.apps.ledger_sink import LedgerSink
from tapeline.apps.observing import observed
from tapeline.apps.settings import CollectSettings, load_settings
from tapeline.errors import SettingsError, TapelineError
from tapeline.telemetry.clock import SystemClock
from tapeline.telemetry.health import Health
from tapeline.telemetry.log import logger, logging_to
from tapeline.telemetry.metrics import Metrics

_LOG = logger("tapeline.apps.collect")
_STATUS_EVERY_NS = 500_000_000


def collect_command(
    exchange: Annotated[str | None, typer.Option(help="Exchange. [binance]")] = None,
    market: Annotated[str | None, typer.Option(help="Market. [spot]")] = None,
    symbols: Annotated[
        str | None, typer.Option(help="Symbols, separated by commas. [BTC/USDT]")
    ] = None,
    venue: Annotated[
        list[str] | None,
        typer.Option(help="exchange:market=SYMBOL,SYMBOL instead of the three above; repeatable."),
    ] = None,
    allow_partial: Annotated[
        bool | None,
        typer.Option(
            "--allow-partial",
            help="Collect the others where the exchange does not list some of the symbols.",
        ),
    ] = None,
    types: Annotated[
        str | None,
        typer.Option(
            help="trade, l1, l2, funding, liquidation, all, or names of channels, separated by "
            "commas. [trade]"
        ),
    ] = None,
    transport: Annotated[
        str | None,
        typer.Option(
            help="kafka://HOST:PORT, nats://HOST:PORT or local:PATH. [local:./tapeline-data/bus.db]"
        ),
    ] = None,
    endpoint: Annotated[
        list[str] | None,
        typer.Option(
            help="[exchange:market=]ws[s]://HOST:PORT instead of the exchange's own address."
        ),
    ] = None,
    rest_endpoint: Annotated[
        list[str] | None,
        typer.Option(
            help="[exchange:market=]http[s]://HOST:PORT for book snapshots. [the exchange's own, "
            "or the host of a loopback endpoint]"
        ),
    ] = None,
    idle: Annotated[
        float | None, typer.Option(help="End when nothing has come for so many seconds.")
    ] = None,
    duration: Annotated[float | None, typer.Option(help="End after so many seconds.")] = None,
    instruments: Annotated[
        Path | None, typer.Option(help="exchangeInfo, a tape with it, or our JSON list.")
    ] = None,
    client: Annotated[
        str | None, typer.Option(help="websockets, picows or auto. [websockets]")
    ] = None,
    time_unit: Annotated[
        str | None, typer.Option(help="Unit to ask the venue for: ms or us. [ms]")
    ] = None,
    isolate: Annotated[
        str | None, typer.Option(help="Symbols that get a connection of their own.")
    ] = None,
    core: Annotated[
        str | None,
        typer.Option(
            help="Symbols or base coins that get two connections each. [BTC,ETH at the exchange's "
            "own address]"
        ),
    ] = None,
    compression: Annotated[str | None, typer.Option(help="on or off. [off]")] = None,
    control: Annotated[
        Path | None,
        typer.Option(help="JSON or TOML file with symbols and types, read when it changes."),
    ] = None,
    refresh_instruments: Annotated[
        float | None,
        typer.Option(help="Fetch the instrument lists every so many hours; 0 is never. [0]"),
    ] = None,
    rotate_every: Annotated[
        float | None, typer.Option(help="Replace connections after so many hours. [23]")
    ] = None,
    stale_after: Annotated[
        float | None, typer.Option(help="Flag events older than so many seconds; 0 is never. [60]")
    ] = None,
    staleness: Annotated[
        float | None,
        typer.Option(help="Reconnect after so many seconds of silence; 0 is never. [15]"),
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Kafka: ordered or low_latency. [ordered]")
    ] = None,
    spool: Annotated[
        Path | None, typer.Option(help="Kafka: file for messages while no broker takes them.")
    ] = None,
    ca_file: Annotated[
        Path | None, typer.Option(help="Trust this certificate authority for wss, and no other.")
    ] = None,
    book_every: Annotated[
        int | None,
        typer.Option(
            help="Send a snapshot of a rebuilt book after so many updates of it; 0 is never. [0]"
        ),
    ] = None,
    ledger: Annotated[
        Path | None, typer.Option(help="Write what was sent, by stream, for `tapeline audit`.")
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(help="HOST:PORT for /metrics, /health/live and /health/ready. [none]"),
    ] = None,
    metrics_port: Annotated[
        int | None, typer.Option(help="The same on loopback; 0 is none. [0]")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with a table [collect].")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object at the end.")] = False,
) -> None:
    """Collect a feed, clean it and send it to the bus, until interrupted.

    Without options it collects BTC/USDT trades of Binance into a file. Ctrl-C (or SIGTERM) ends it
    in order: what was received is still delivered. A second one ends it at once.
    """
    overrides = {
        "exchange": exchange,
        "market": market,
        "symbols": symbols,
        "venues": tuple(venue) if venue else None,
        "allow_partial": allow_partial,
        "types": types,
        "transport": transport,
        "endpoint": tuple(endpoint) if endpoint else None,
        "rest_endpoint": tuple(rest_endpoint) if rest_endpoint else None,
        "idle_s": idle,
        "duration_s": duration,
        "instruments": instruments,
        "client": client,
        "time_unit": time_unit,
        "isolate": isolate,
        "core": core,
        "compression": compression,
        "control": control,
        "refresh_hours": refresh_instruments,
        "rotate_hours": rotate_every,
        "stale_after_s": stale_after,
        "staleness_s": staleness,
        "profile": profile,
        "spool": spool,
        "ca_file": ca_file,
        "book_every": book_every,
        "ledger": ledger,
        "metrics": metrics,
        "metrics_port": metrics_port,
    }
    beside = [name for name in ("exchange", "market", "symbols") if overrides[name] is not None]
    if venue and beside:
        raise typer.BadParameter(f"--venue stands for --{beside[0]} too: give one of them")
    try:
        settings = load_settings(CollectSettings, "collect", config=config, overrides=overrides)
        with logging_to(style=settings.log_format, level=settings.log_level):
            summary = collect(settings, is_quiet=as_json)
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from error
    if as_json:
        sys.stdout.write(orjson.dumps(summary.as_dict()).decode() + "\n")
    else:
        _print_table(summary)
    if summary.residual:
        raise TapelineError(f"{summary.residual} frames have no verdict: this is a defect")


def collect(
    settings: CollectSettings,
    *,
    is_quiet: bool = False,
    on_progress: Callable[[Collector], None] | None = None,
) -> CollectSummary:
    """Run a collector to its end in an event loop of its own.

    Parameters
    ----------
    is_quiet
        Show no status line.
    on_progress
        Called about 20 times a second, instead of the status line.

    Raises
    ------
    TapelineError
        A setting is wrong, the venue refuses, or messages were lost.
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_collect(settings, is_quiet, on_progress))


async def _collect(
    settings: CollectSettings,
    is_quiet: bool,
    on_progress: Callable[[Collector], None] | None,
) -> CollectSummary:
    from tapeline.transport.kafka_settings import KafkaSettings
    from tapeline.transport.open import open_sink

    clock = SystemClock()
    plans = await listed_plans(settings, clock, _LOG.error)
    metrics, health = Metrics(), Health()
    sent = SendLatency()
    kafka = KafkaSettings(servers="", profile=settings.profile)
    sink = open_sink(
        settings.transport, kafka=kafka, spool=settings.spool, clock=clock, on_ack=sent
    )
    if settings.ledger is not None:
        sink = LedgerSink(sink, settings.ledger)
    with ExitStack() as stack:
        try:
            collector = Collector(
                settings,
                plans,
                sink=sink,
                sent=sent,
                clock=clock,
                metrics=metrics,
                health=health,
            )
            stack.enter_context(observed("collect", settings, metrics, health, _places(settings)))
        except BaseException:
            sink.close(0.0)
            raise
        show = not is_quiet and sys.stderr.isatty()
        return await collector.run(on_progress or (_StatusLine(clock) if show else None))


def _places(settings: CollectSettings) -> list[Path]:
    """Return the folders this collector writes to."""
    from tapeline.transport.uris import LocalUri, parse_uri

    bus = parse_uri(settings.transport)
    own = bus.path if isinstance(bus, LocalUri) else getattr(bus, "spool", None)
    files = [own, settings.spool]
    return [file.parent for file in files if file is not None]


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


class _StatusLine:
    """One line on the terminal while running."""

    def __init__(self, clock: SystemClock) -> None:
        self._clock = clock
        self._at_ns = clock.monotonic_ns()
        self._frames = 0

    def __call__(self, collector: Collector) -> None:
        """Rewrite the line, twice a second."""
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._at_ns < _STATUS_EVERY_NS:
            return
        frames = collector.frames
        rate = (frames - self._frames) * 1e9 / (now_ns - self._at_ns)
        self._at_ns, self._frames = now_ns, frames
        facts: dict[str, Any] = {
            "frames": f"{frames:,}",
            "frames/s": f"{rate:,.0f}",
            "gaps": f"{len(collector.gaps()):,}",
            "waiting": f"{collector.sink.stats().pending:,}",
        }
        text = "  ".join(f"{value} {name}" for name, value in facts.items())
        sys.stderr.write(f"\r\x1b[K{text}\r")
        sys.stderr.flush()


def _print_table(summary: CollectSummary) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False)
    for name, value in summary.rows():
        table.add_row(name, value)
    Console().print(table)
