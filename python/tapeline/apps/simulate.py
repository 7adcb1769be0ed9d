"""``tapeline simulate``: serve tapes as a venue's WebSocket and REST server on this machine."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from tapeline.adapters.registry import venue as market_of
from tapeline.adapters.registry import venue_of_url
from tapeline.errors import ArgumentError, TapeError
from tapeline.simulator.faults import fault_help, parse_fault
from tapeline.simulator.reel import Reel
from tapeline.simulator.registry import venue as simulated_venue
from tapeline.simulator.server import Outcome, ServerSettings, Simulator
from tapeline.simulator.venue import Limits
from tapeline.tape import TapeReader
from tapeline.telemetry.clock import SystemClock


def _checked_faults(texts: list[str] | None) -> list[str] | None:
    """Refuse unknown faults before anything else is looked at; show the table for `help`."""
    if "help" in (texts or []):
        typer.echo(fault_help(), err=True)
        raise typer.Exit(2)
    for text in texts or []:
        _or_usage_error(parse_fault, text)
    return texts


def simulate_command(
    tapes: Annotated[
        list[Path], typer.Argument(help="Tapes (.jsonl or .jsonl.gz), played one after another.")
    ],
    exchange: Annotated[str, typer.Option(help="Venue whose protocol is spoken.")] = "binance",
    market: Annotated[str, typer.Option(help="Market of the venue.")] = "spot",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port; 0 takes a free one and prints it.")
    ] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    speed: Annotated[
        str,
        typer.Option(help="1 = as recorded, N = N times as fast, max = as fast as clients read."),
    ] = "1",
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="Fault KIND=VALUE, may be repeated; `--fault help` lists them.",
            callback=_checked_faults,
            is_eager=True,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the faults: same seed, same faults.")] = 0,
    ledger: Annotated[
        Path | None, typer.Option(help="Write what was sent and done to FILE (JSON Lines).")
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="End when the tape is sent and the client has read it.")
    ] = False,
    tls_cert: Annotated[
        Path | None, typer.Option(help="Certificate chain (PEM): serve wss://.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Key of the certificate (PEM).")] = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="Start all TAPES together instead of one after another.")
    ] = False,
    clients: Annotated[
        int, typer.Option(min=1, help="Start the tape when so many clients are subscribed.")
    ] = 1,
    run_on: Annotated[
        bool, typer.Option("--run-on", help="Once started, run on when no client is subscribed.")
    ] = False,
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="Send each frame when this machine's clock reaches its recorded time, late ones "
            "at once; --speed is not used.",
        ),
    ] = False,
    skip_late: Annotated[
        bool,
        typer.Option("--skip-late", help="With --live: leave out what is late at the start."),
    ] = False,
    ping_interval: Annotated[
        float | None,
        typer.Option(min=0.0, help="Seconds between the server's pings [venue's own]."),
    ] = None,
    connection_limit: Annotated[
        float | None,
        typer.Option(min=0.0, help="Seconds after which a connection is closed [86400]."),
    ] = None,
) -> None:
    """Serve TAPES as an exchange's WebSocket and REST server, with faults on demand.

    The tape starts with the first subscribed client and stands still while there is none.
    `listening on ws://HOST:PORT` is printed when clients can connect.
    The server ends on SIGTERM or SIGINT, or with --once.
    """
    if live and len(tapes) > 1:
        _usage_error("--live plays one tape: several of them have no time in common")
    if skip_late and not live:
        _usage_error("--skip-late goes with --live")
    settings = ServerSettings(
        host=host,
        port=port,
        speed=_speed(speed),
        faults=[parse_fault(text) for text in fault or []],
        seed=seed,
        is_once=once,
        clients=clients,
        is_patient=not run_on,
        is_live=live,
        skips_late=skip_late,
        tls_certificate=tls_cert,
        tls_key=tls_key,
    )
    venue = _or_usage_error(simulated_venue, exchange, market)
    limits: Limits = venue.limits
    if ping_interval is not None:
        limits = limits._replace(ping_interval_s=ping_interval)
    if connection_limit is not None:
        limits = limits._replace(connection_s=connection_limit)
    venue = simulated_venue(exchange, market, limits)
    for tape in tapes:
        _check_tape(tape, exchange, market)
    console = Console(stderr=True)
    with console.status("reading the tape") as status:
        reel = Reel.load(
            tapes,
            venue,
            is_merged=merge,
            on_frames=lambda count: status.update(f"reading the tape: {count:,} frames"),
        )
    for warning in reel.warnings:
        console.print(f"warning: {warning}", soft_wrap=True, markup=False)
    simulator = Simulator(reel, venue, settings, SystemClock())
    simulator.ledger.market = (exchange, market)
    try:
        outcome = _run(simulator)
    finally:
        if ledger is not None:
            simulator.ledger.write(ledger)
    _report(console, simulator, outcome)


def _check_tape(tape: Path, exchange: str, market: str) -> None:
    """Refuse a tape whose first frame is another market's: nobody could subscribe to anything."""
    first = next((line for line in TapeReader(tape) if line.kind == "ws"), None)
    if first is None:
        return
    mine = market_of(exchange, market)
    known = venue_of_url(first.url.removeprefix("synthetic:"), mine)
    if known is not None and known is not mine:
        raise TapeError(
            f"{tape} is a tape of {known.exchange} {known.market}: simulate it with "
            f"--exchange {known.exchange} --market {known.market}"
        )


def _run(simulator: Simulator) -> Outcome:
    async def serve() -> Outcome:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        return await simulator.run(stop, _announce)

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(serve())


def _loop_factory() -> Any:  # noqa: ANN401  (uvloop where there is one)
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


def _announce(url: str) -> None:
    typer.echo(f"listening on {url}")
    sys.stdout.flush()


def _report(console: Console, simulator: Simulator, outcome: Outcome) -> None:
    totals = simulator.ledger.summary()
    console.print(
        f"sent {totals['sent']:,} of {totals['tape_frames']:,} frames on "
        f"{totals['connections']} connection(s): {totals['dropped']:,} dropped, "
        f"{totals['duplicated']:,} duplicated, {totals['reordered']:,} swapped, "
        f"{totals['corrupted']:,} corrupted",
        soft_wrap=True,
        highlight=False,
    )
    if outcome.is_whole and not outcome.is_read:
        console.print("warning: the last client left before it had confirmed reading everything")


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text.removesuffix("x"))
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise typer.BadParameter(
            f"must be a number above 0 or max, was {text!r}", param_hint="--speed"
        )
    return speed


def _or_usage_error(make: Any, *arguments: Any) -> Any:  # noqa: ANN401  (any factory)
    """Call a factory; what it refuses is the user's mistake: exit status 2."""
    try:
        return make(*arguments)
    except ArgumentError as error:
        _usage_error(str(error))


def _usage_error(message: str) -> NoReturn:
    raise typer.BadParameter(message)
