"""``tapeline serve``: what stores keep, over HTTP."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import orjson
import typer
import uvicorn

from tapeline.api.app import create_app
from tapeline.api.settings import ApiSettings
from tapeline.apps import access
from tapeline.apps.live_feed import FeedSettings
from tapeline.apps.observing import ObservedAt, observed
from tapeline.apps.serve_live import ServeLive
from tapeline.apps.serve_readings import ServeReadings
from tapeline.apps.version import package_version
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import SystemClock
from tapeline.telemetry.metrics import Metrics

_KEEP_ALIVE_S = 15
_END_S = 10


def serve_command(
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TARGET", help="A store; repeatable. [parquet:./tapeline-data/parquet]"
        ),
    ] = None,
    transport: Annotated[
        str | None,
        typer.Option(
            metavar="URI", help="The bus that /ws/market shows, as for collect; none is shown else."
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 8000,
    runs: Annotated[Path, typer.Option(metavar="DIR", help="Backtest runs.")] = Path("runs"),
    metrics: Annotated[
        str | None,
        typer.Option(help="HOST:PORT for /metrics, /health/live and /health/ready. [none]"),
    ] = None,
    openapi: Annotated[
        bool, typer.Option("--openapi", help="Print the OpenAPI document and stop.")
    ] = False,
) -> None:
    """Answer questions about stores over HTTP: rows, books, bars, coverage, backtest runs.

    Ctrl-C (or SIGTERM) ends it in order.
    """
    if openapi:
        sys.stdout.buffer.write(openapi_document())
        return
    targets = data or ["parquet:./tapeline-data/parquet"]
    shown = ", ".join(parse_target(text).shown for text in targets)
    live = None if transport is None else ServeLive(FeedSettings(transport), SystemClock())
    app = create_app(
        partial(access.open, targets),
        ApiSettings(runs=runs),
        live,
        shown=shown,
        version=package_version(),
        routers=[] if live is None else [live.router()],
    )
    shown_by = ServeReadings(app.state.context, Metrics(), SystemClock())
    config = uvicorn.Config(
        shown_by.measured(app),
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_END_S,
        log_config=None,
        callback_notify=shown_by.tick,
        timeout_notify=1,
        **(live.server_options if live is not None else {"ws": "none"}),
    )
    with observed("serve", ObservedAt(metrics), shown_by.metrics, shown_by.health):
        uvicorn.Server(config).run()


def openapi_document() -> bytes:
    """Return the OpenAPI document, the same in every version of one interface."""
    app = create_app(partial(access.open, []), version="1")
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(app.openapi(), option=options)
