"""``tapeline serve``: what stores keep, over HTTP."""

import asyncio
import gc
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer
import uvicorn

from tapeline.api.app import create_app
from tapeline.api.auth import Tokens, line_of, new_token
from tapeline.api.origins import Origins
from tapeline.api.protocol import BoundedProtocol
from tapeline.apps import access
from tapeline.apps.live_feed import FeedSettings
from tapeline.apps.observing import observed
from tapeline.apps.serve_live import ServeLive
from tapeline.apps.serve_readings import ServeReadings
from tapeline.apps.serve_settings import ServeSettings, tokens_for
from tapeline.apps.settings import load_settings
from tapeline.apps.version import package_version
from tapeline.errors import SettingsError
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import Clock, SystemClock
from tapeline.telemetry.log import logging_to
from tapeline.telemetry.metrics import Metrics

_KEEP_ALIVE_S: Final = 15
_END_S: Final = 10
_BACKLOG: Final = 512


def serve_command(
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TARGET", help="A store; repeatable. [parquet:./tapeline-data/parquet]"
        ),
    ] = None,
    transport: Annotated[
        str | None,
        typer.Option(metavar="URI", help="The bus that /ws/market shows, as for collect. [none]"),
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; beyond loopback needs a token.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="0 takes a free one. [8000]")] = None,
    runs: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Backtest runs. [./runs]")
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(metavar="ORIGIN", help="A page elsewhere that may read; repeatable."),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A name the server is known by; repeatable."),
    ] = None,
    metrics: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Listen for Prometheus there. [no]")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with a table [serve].")] = None,
    openapi: Annotated[
        bool, typer.Option("--openapi", help="Print the OpenAPI document and stop.")
    ] = False,
    token: Annotated[
        bool, typer.Option("--new-token", help="Print a token, and its line for the file; stop.")
    ] = False,
) -> None:
    """Answer questions about stores over HTTP: rows, books, bars, coverage, backtest runs.

    The dashboard is at /, once it is built (`just web`). Ctrl-C (or SIGTERM) ends it in order.
    """
    if openapi:
        sys.stdout.buffer.write(openapi_document())
        return
    if token:
        made = new_token()
        sys.stdout.write(f"token: {made}\nline:  {line_of(made)}\n")
        return
    overrides: dict[str, Any] = {
        "data": tuple(data) if data else None,
        "transport": transport,
        "host": host,
        "port": port,
        "runs": runs,
        "allow_origin": tuple(allow_origin) if allow_origin else None,
        "allow_host": tuple(allow_host) if allow_host else None,
        "metrics": metrics,
    }
    try:
        settings = load_settings(ServeSettings, "serve", config=config, overrides=overrides)
        with logging_to(style=settings.log_format, level=settings.log_level):
            serve(settings)
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from error


def serve(settings: ServeSettings, tell: Callable[[str], None] | None = None) -> None:
    """Answer until SIGINT or SIGTERM.

    Parameters
    ----------
    tell
        Told the address once it listens, instead of standard error.

    Raises
    ------
    SettingsError
        An address is wrong, or the server would be exposed without a token.
    OSError
        Nothing can listen there.
    """
    clock = SystemClock()
    targets = [parse_target(text) for text in settings.data]
    tokens = tokens_for(settings.host, clock)
    counted = Metrics()
    live = _live(settings, tokens, clock)
    app = create_app(
        partial(access.open, settings.data),
        settings.api,
        live,
        shown=", ".join(target.shown for target in targets),
        version=package_version(),
        routers=[] if live is None else [live.router()],
        tokens=tokens,
        metrics=counted,
        clock=clock,
    )
    if live is not None:
        live.show_in(counted)
    shown = ServeReadings(app.state.context, counted, clock)
    with (
        _listening(settings.host, settings.port) as line,
        observed("serve", settings, counted, shown.health, [settings.runs]),
    ):
        options = {} if live is None else live.server_options
        server = uvicorn.Server(
            uvicorn_config(app, callback_notify=shown.tick, timeout_notify=1, **options)
        )
        if tell is not None:
            tell(_url(line))
        else:
            who = "no token needed" if tokens is None else "with a token"
            sys.stderr.write(f"{_url(line)}  ({who}; Ctrl-C ends it)\n")
            sys.stderr.flush()
        _settle_memory()
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(server.serve(sockets=[line]))


def _settle_memory() -> None:
    """Spare later collections what the start made: it stays.

    Going through it took 0.2 s, in which no client of the live socket got anything.
    """
    gc.collect()
    gc.freeze()


def _live(settings: ServeSettings, tokens: Tokens | None, clock: Clock) -> ServeLive | None:
    if settings.transport is None:
        return None
    return ServeLive(
        FeedSettings(settings.transport),
        clock,
        settings.live,
        tokens=tokens,
        origins=Origins.of(settings.api.allowed_hosts, settings.api.allowed_origins),
    )


def uvicorn_config(app: Any, **more: Any) -> uvicorn.Config:  # noqa: ANN401 - passed through
    """Return how the application is served, with the limits of a connection."""
    options: dict[str, Any] = {
        "http": BoundedProtocol,
        "ws": "none",
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "timeout_keep_alive": _KEEP_ALIVE_S,
        "timeout_graceful_shutdown": _END_S,
        "log_config": None,
        **more,
    }
    return uvicorn.Config(app, **options)


def openapi_document() -> bytes:
    """Return the OpenAPI document, the same in every version of one interface."""
    app = create_app(partial(access.open, []), version="1")
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(app.openapi(), option=options)


def _listening(host: str, port: int) -> socket.socket:
    bare = host.strip("[]")
    family = socket.AF_INET6 if ":" in bare else socket.AF_INET
    line = socket.create_server((bare, port), family=family, backlog=_BACKLOG)
    line.setblocking(False)
    return line


def _url(line: socket.socket) -> str:
    host, port = line.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/"


def _loop_factory() -> Any:  # noqa: ANN401 - what asyncio.Runner takes
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop
