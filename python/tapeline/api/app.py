"""The application: routes over stores, and a live feed where there is one."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from tapeline.api import faults, openapi
from tapeline.api.context import Context
from tapeline.api.ports import LiveView
from tapeline.api.queries import OpenSource, Queries
from tapeline.api.routes import analysis, backtests, events, market, quality, system
from tapeline.api.settings import ApiSettings
from tapeline.telemetry.clock import Clock, SystemClock


def create_app(
    open_source: OpenSource,
    settings: ApiSettings | None = None,
    live: LiveView | None = None,
    *,
    shown: str = "",
    version: str = "0",
    routers: Sequence[APIRouter] = (),
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
    app.state.context = Context(queries, chosen, now, version, shown, now.wall_ns(), live)
    for module in (market, events, quality, analysis, backtests, system):
        app.include_router(module.router)
    for router in routers:
        app.include_router(router)
    faults.install(app)
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    return app
