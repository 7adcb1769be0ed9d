"""``tapeline up``: a collector, a store and a dashboard on this machine, with one command."""

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer

from tapeline.apps.collect_listing import listed_plans
from tapeline.apps.observing import next_address
from tapeline.apps.settings import CollectSettings, StoreSettings, load_settings
from tapeline.apps.up_demo import DemoMarket, simulated_market
from tapeline.apps.up_supervisor import Child
from tapeline.apps.up_view import View, last_words
from tapeline.errors import SettingsError, TapelineError
from tapeline.storage.targets import Kind, parse_target
from tapeline.telemetry.clock import Clock, SystemClock
from tapeline.telemetry.log import logging_to
from tapeline.transport.local_file import LocalFile

if TYPE_CHECKING:
    from tapeline.apps.audit_table import AuditReport
    from tapeline.apps.serve_settings import ServeSettings

# A snapshot of a book now and then: a dashboard that begins later needs one to begin from.
_DEFAULTS: Final = {"symbols": ("BTCUSDT", "ETHUSDT"), "types": ("all",), "book_every": 600}
_LOOK_S: Final = 0.25
_LINE_EVERY_NS: Final = 10_000_000_000
_COLLECTOR_END_S: Final = 20.0
_STORE_END_S: Final = 60.0
_COMPACT_BYTES: Final = 16 * 1024 * 1024


def up_command(
    exchange: Annotated[str | None, typer.Option(help="Exchange. [binance]")] = None,
    market: Annotated[str | None, typer.Option(help="Market. [spot]")] = None,
    symbols: Annotated[
        str | None, typer.Option(help="Symbols, separated by commas. [BTCUSDT,ETHUSDT]")
    ] = None,
    venue: Annotated[
        list[str] | None,
        typer.Option(help="exchange:market=SYMBOL,SYMBOL instead of the three above; repeatable."),
    ] = None,
    allow_partial: Annotated[
        bool | None,
        typer.Option(
            "--allow-partial",
            help="Record the others where the exchange does not list some of the symbols.",
        ),
    ] = None,
    types: Annotated[
        str | None,
        typer.Option(help="trade, l1, l2, funding, liquidation or all, with commas. [all]"),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder for everything. [tapeline-data]")
    ] = None,
    target: Annotated[
        list[str] | None, typer.Option(help="Where to store; repeatable. [parquet:DATA/parquet]")
    ] = None,
    endpoint: Annotated[
        list[str] | None,
        typer.Option(help="[exchange:market=]ws[s]://HOST:PORT instead of the exchange itself."),
    ] = None,
    rest_endpoint: Annotated[
        list[str] | None, typer.Option(help="[exchange:market=]http[s]://HOST:PORT for snapshots.")
    ] = None,
    idle: Annotated[
        float | None, typer.Option(help="End when nothing has come for so many seconds.")
    ] = None,
    duration: Annotated[float | None, typer.Option(help="End after so many seconds.")] = None,
    flush_interval: Annotated[
        float, typer.Option(help="An event can be queried so many seconds later at most.")
    ] = 2.0,
    ledger: Annotated[
        Path | None, typer.Option(help="Write what was sent, by stream, for `tapeline audit`.")
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(
            help="HOST:PORT for the collector's /metrics and /health; the store's are at the "
            "next port, the API's at the one after. [none]"
        ),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with a table [collect].")] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Of the dashboard; taken or 0: a free one.")
    ] = 8000,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="No API, no dashboard.")] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="A simulated market, in a folder that is not kept.")
    ] = False,
    seconds: Annotated[
        float | None, typer.Option(help="With --demo: end after so many. [never]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object at the end.")] = False,
) -> None:
    """Record an exchange on this machine: collect, store and show, with one command.

    Without options it records trades, best prices and books of BTC/USDT and ETH/USDT at Binance
    into ./tapeline-data, until Ctrl-C, and says where the dashboard is. Started again it goes on
    where it was. Collecting, storing and serving are processes: one that dies is started again,
    and the others do not notice.
    """
    if seconds is not None and not demo:
        raise typer.BadParameter("--seconds is for --demo; --duration ends a recording")
    overrides = {
        "exchange": exchange,
        "market": market,
        "symbols": symbols,
        "venues": tuple(venue) if venue else None,
        "allow_partial": allow_partial,
        "types": types,
        "endpoint": tuple(endpoint) if endpoint else None,
        "rest_endpoint": tuple(rest_endpoint) if rest_endpoint else None,
        "idle_s": idle,
        "duration_s": duration,
        "ledger": ledger,
        "metrics": metrics,
    }
    if demo:
        with simulated_market(data, seconds) as feed:
            said = {name: value for name, value in overrides.items() if value is not None}
            plan = _Plan(feed.data, port, no_serve, flush_interval, as_json, tuple(target or ()))
            run = _record(config, {**feed.overrides(), **said}, plan, feed)
            summary = run.collecting.told.summary
            account = None
            if run.fault() is None and summary is not None:
                account = feed.account(run.targets, summary)
            _finish(run, as_json=as_json, account=account)
        return
    plan = _Plan(
        data or Path("tapeline-data"),
        port,
        no_serve,
        flush_interval,
        as_json,
        tuple(target or ()),
    )
    _finish(_record(config, overrides, plan, None), as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What was said beside the collector's settings."""

    data: Path
    port: int
    no_serve: bool
    flush_interval_s: float
    as_json: bool
    targets: tuple[str, ...]


def _record(
    config: Path | None, overrides: dict[str, Any], plan: _Plan, market: DemoMarket | None
) -> "_Run":
    """Run to the end."""
    bus = plan.data / "bus.db"
    targets = plan.targets or (f"parquet:{plan.data / 'parquet'}",)
    try:
        settings = _collect_settings(config, {**overrides, "transport": f"local:{bus}"})
        storing = load_settings(
            StoreSettings,
            "store",
            # What a store of its own is told by the environment is not meant for this one.
            environment={},
            overrides={
                "transport": f"local:{bus}",
                "targets": targets,
                "flush_interval_s": plan.flush_interval_s,
                "trim": True,
                "metrics": next_address(settings),
            },
        )
        for text in targets:
            parse_target(text)
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from error
    serving = None
    if not plan.no_serve:
        from tapeline.apps.up_serving import served

        watched = next_address(settings, 2)
        serving = served(targets, f"local:{bus}", plan.port, watched)
    with logging_to(level="WARNING"):
        run = _Run(settings, storing, serving, plan.data, SystemClock(), market)
        run.work(show=not plan.as_json)
    return run


def _finish(run: "_Run", *, as_json: bool, account: "AuditReport | None" = None) -> None:
    """Say what was done, and fail where something went wrong."""
    if as_json:
        sys.stdout.write(orjson.dumps(run.as_dict()).decode() + "\n")
    else:
        _print_end(run, is_kept=account is None)
    if account is not None:
        if not as_json:
            from tapeline.apps.audit_table import print_report

            print_report(account)
        if not account.is_good:
            raise TapelineError("frames of the simulated market are not accounted for")
    if (fault := run.fault()) is not None:
        raise TapelineError(fault)


def _collect_settings(config: Path | None, overrides: dict[str, Any]) -> CollectSettings:
    """Lay this command's own defaults below everything that was said."""
    said = load_settings(CollectSettings, "collect", config=config, overrides=overrides)
    defaults = {
        name: value for name, value in _DEFAULTS.items() if name not in said.model_fields_set
    }
    settings = said.model_copy(update=defaults)
    # A wrong symbol or type is told before anything is started.
    asyncio.run(listed_plans(settings, SystemClock(), partial(typer.echo, err=True)))
    return settings


@dataclass(slots=True)
class _Left:
    """What was still to be done at the end."""

    messages: int = 0


class _Run:
    """One run, from start to summary."""

    def __init__(
        self,
        settings: CollectSettings,
        storing: StoreSettings,
        serving: "ServeSettings | None",
        data: Path,
        clock: Clock,
        market: DemoMarket | None = None,
    ) -> None:
        self._market = market
        self.settings = settings
        self.targets = [parse_target(text) for text in storing.targets]
        self.data = data
        self.bus = data / "bus.db"
        self._clock = clock
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._left = _Left()
        # Made here, so that both find it; and a second run on the same data is told so at once.
        LocalFile(self.bus).close()
        self.collecting = Child(
            "collect",
            settings.model_dump(mode="json"),
            data / "collect.log",
            clock,
            keeps_trying=False,
        )
        self.storing = Child(
            "store", storing.model_dump(mode="json"), data / "store.log", clock, keeps_trying=True
        )
        self.serving: Child | None = None
        if serving is not None:
            told = serving.model_dump(mode="json")
            self.serving = Child("serve", told, data / "serve.log", clock, keeps_trying=True)
        self._has_told = False

    def work(self, *, show: bool) -> None:
        """Run until the collector has ended or somebody asks; then end in the order of the data."""
        folder = next((each.path for each in self.targets if each.kind is Kind.PARQUET), None)
        view = View(
            self._title(),
            self.collecting,
            self.storing,
            self.bus,
            folder,
            self._clock,
            self.serving,
        )
        with self._on_signals(), _shown(view, self._clock, is_on=show) as refresh:
            try:
                while not self._stop.wait(_LOOK_S) and self._goes_on():
                    for child in self._children():
                        child.tend()
                    self._tell_url()
                    refresh()
                self._end(refresh)
            finally:
                for child in self._children():
                    child.kill()
        self._left.messages = self._tidy()

    def fault(self) -> str | None:
        """Return what went wrong, in a sentence."""
        if self.collecting.state == "failed":
            return self.collecting.told.fault
        if self._left.messages:
            reason = self.storing.told.fault or self.storing.told.status.get("fault") or "in time"
            return (
                f"{self._left.messages:,} messages are not stored yet ({reason}); they are in"
                f" {self.bus}, and the next `tapeline up` stores them"
            )
        for child in (self.collecting, self.storing):
            if (child.told.summary or {}).get("residual"):
                return f"{child.role}: residual {child.told.summary['residual']}: this is a defect"  # type: ignore[index]
        return None

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "targets": [target.shown for target in self.targets],
            "collect": self.collecting.told.summary,
            "store": self.storing.told.summary,
            "restarts": {child.role: max(0, child.restarts) for child in self._children()},
            "not_stored": self._left.messages,
        }

    def _title(self) -> str:
        settings = self.settings
        what = settings.venues or (
            f"{settings.exchange}:{settings.market}={','.join(settings.symbols)}",
        )
        return f"recording {' '.join(what)} ({','.join(settings.types)})"

    def _children(self) -> list[Child]:
        serving = [] if self.serving is None else [self.serving]
        return [self.collecting, self.storing, *serving]

    def _goes_on(self) -> bool:
        is_open = self._market is None or self._market.tend(is_read=self._is_shown())
        return is_open and self.collecting.state in ("running", "waiting")

    def _is_shown(self) -> bool:
        """Say whether frames come and somebody could look at them, or at why they cannot."""
        frames = self.collecting.told.status.get("frames", 0)
        is_starting = (
            self.serving is not None and not self._has_told and self.serving.told.fault is None
        )
        return frames > 0 and not is_starting

    def _tell_url(self) -> None:
        """Say once where the dashboard is."""
        if self.serving is None or self._has_told:
            return
        status = self.serving.told.status
        if "url" in status:
            self._has_told = True
            if not status["is_built"]:
                sys.stderr.write("the dashboard is not built (`just web`): the API alone is at\n")
            sys.stderr.write(f"dashboard: {status['url']}\n")
            sys.stderr.flush()

    def _end(self, refresh: Callable[[], None]) -> None:
        """Collector first, then what is on the bus is stored; until then it is shown."""
        if self._market is not None:
            self._market.close()
        self.collecting.stop()
        self._await(self.collecting, _COLLECTOR_END_S, refresh)
        self.storing.tend()
        self.storing.finish()
        if not self._await(self.storing, _STORE_END_S, refresh):
            self.storing.stop()
            self._await(self.storing, _COLLECTOR_END_S, refresh)
        if self.serving is not None:
            self.serving.stop()
            self._await(self.serving, _COLLECTOR_END_S, refresh)

    def _await(self, child: Child, limit_s: float, refresh: Callable[[], None]) -> bool:
        end = self._clock.monotonic_ns() + int(limit_s * 1e9)
        while self._clock.monotonic_ns() < end and not self._hurry.is_set():
            if child.wait(_LOOK_S):
                return True
            if child.role == "store" and child.told.status.get("fault"):
                # It will not end by itself while its store takes nothing.
                end = min(end, self._clock.monotonic_ns() + 5_000_000_000)
            refresh()
        return False

    def _tidy(self) -> int:
        """Give the space of stored messages back; return how many were not stored."""
        try:
            file = LocalFile(self.bus)
        except TapelineError:
            return 0
        try:
            left = sum(file.counts().values())
            if not left and self.bus.stat().st_size > _COMPACT_BYTES:
                file.compact()
            return left
        finally:
            file.close()

    @contextmanager
    def _on_signals(self) -> Iterator[None]:
        def stop(_number: int, _frame: FrameType | None) -> None:
            if self._stop.is_set():
                self._hurry.set()
            self._stop.set()

        numbers = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(number, stop) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)


@contextmanager
def _shown(view: View, clock: Clock, *, is_on: bool) -> Iterator[Callable[[], None]]:
    """Show the state while the block runs: a table on a terminal, else a line now and then."""
    if is_on and sys.stderr.isatty():
        from rich.console import Console
        from rich.live import Live

        with Live(view.table(), console=Console(stderr=True), auto_refresh=False) as live:
            yield lambda: live.update(view.table(), refresh=True)
        return
    told_ns = clock.monotonic_ns()

    def tell() -> None:
        nonlocal told_ns
        line = view.line()
        if is_on and clock.monotonic_ns() - told_ns >= _LINE_EVERY_NS:
            told_ns = clock.monotonic_ns()
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    yield tell


def _print_end(run: _Run, *, is_kept: bool) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True, markup=False)
    collected = run.collecting.told.summary
    if collected is not None:
        events = ", ".join(f"{n:,} {kind}" for kind, n in collected["events"].items() if n)
        console.print(
            f"collected {collected['frames']:,} frames in {collected['seconds']:,.0f} s: "
            f"{events or 'no events'}; {len(collected['gaps']):,} gaps open, "
            f"residual {collected['residual']:,}"
        )
        if not collected["frames"]:
            console.print(f"nothing came: {last_words(run.collecting.log) or 'no reason was told'}")
    has_rows = False
    for each in (run.storing.told.summary or {}).get("targets", []):
        has_rows = has_rows or any(each["rows"].values())
        rows = ", ".join(f"{n:,} {kind}" for kind, n in each["rows"].items())
        console.print(
            f"stored in {each['target']}: {rows or 'nothing'}; residual {each['residual']}"
        )
    symbol = run.settings.symbols[0]
    if run.settings.venues:
        symbol = run.settings.venues[0].partition("=")[2].partition(",")[0]
    for target in run.targets:
        if is_kept and has_rows and target.kind is not Kind.REDIS:
            console.print(f"next: tapeline query {target.shown} --types trade --symbols {symbol}")
