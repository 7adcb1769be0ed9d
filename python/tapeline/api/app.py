"""The application: routes over stores, and a live feed where there is one."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from tapeline.api import faults, openapi
from tapeline.api.auth import Tokens
from tapeline.api.context import Context
from tapeline.api.counting import Requests
from tapeline.api.guard import Guard
from tapeline.api.kept import Kept
from tapeline.api.limits import RateLimit
from tapeline.api.origins import Origins
from tapeline.api.ports import LiveView
from tapeline.api.queries import OpenSource, Queries
from tapeline.api.routes import analysis, backtests, events, market, quality, system
from tapeline.api.settings import ApiSettings
from tapeline.api.static import FOLDER, Dashboard
from tapeline.telemetry.clock import Clock, SystemClock
from tapeline.telemetry.metrics import Metrics


def create_app(
    open_source: OpenSource,
    settings: ApiSettings | None = None,
    live: LiveView | None = None,
    *,
    shown: str = "",
    version: str = "0",
    routers: Sequence[APIRouter] = (),
    tokens: Tokens | None = None,
    metrics: Metrics | None = None,
    dashboard: Path = FOLDER,
    clock: Clock | None = None,
) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    open_source
        Opens the stores; called in threads, once for each query that runs at the same time.
    live
        Says how the live feed is doing; None without one.
    shown
        The stores, for people, without passwords.
    routers
        More routes, such as that of the live feed.
    tokens
        Who may ask; None where everybody who reaches the server may.
    metrics
        Where requests are counted.
    dashboard
        Folder of the built dashboard.
    """
    chosen = settings or ApiSettings()
    now = clock or SystemClock()
    queries = Queries(
        open_source,
        now,
        workers=chosen.workers,
        waiting=chosen.waiting,
        time_limit_s=chosen.time_limit_s,
    )

    @asynccontextmanager
    async def lifespan(_: ASGIApp) -> AsyncIterator[None]:
        yield
        queries.close()

    app = FastAPI(
        title="tapeline",
        version=version,
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.context = Context(
        queries, chosen, now, version, shown, now.wall_ns(), Kept(now), live
    )
    for module in (market, events, quality, analysis, backtests, system):
        app.include_router(module.router)
    for router in routers:
        app.include_router(router)
    page = Dashboard(dashboard)
    app.add_route("/{path:path}", page.serve, ["GET", "HEAD"], include_in_schema=False)
    faults.install(app)
    app.add_middleware(
        Guard,
        settings=chosen,
        origins=Origins.of(chosen.allowed_hosts, chosen.allowed_origins),
        rate=RateLimit(now, per_s=chosen.rate_per_s, burst=chosen.burst, at_once=chosen.at_once),
        tokens=tokens,
        requests=None if metrics is None else Requests(metrics, now),
    )
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    return app
