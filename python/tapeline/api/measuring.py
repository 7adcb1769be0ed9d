"""Counts requests and how long they take, by route as declared: never by what was asked for."""

from http import HTTPStatus
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tapeline.telemetry.clock import Clock
from tapeline.telemetry.latency import LatencyHistogram
from tapeline.telemetry.metrics import Metrics

_OTHER: Final = "other"
"""Paths nobody declared: whoever asks decides about those."""
_CLIENT_GONE: Final = 499


class Measured:
    """Wraps the whole application; WebSockets pass through."""

    def __init__(self, app: ASGIApp, metrics: Metrics, clock: Clock) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock
        self._seconds: dict[str, LatencyHistogram] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_ns = self._clock.monotonic_ns()
        status = _CLIENT_GONE

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except Exception:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            raise
        finally:
            self._count(scope, status, self._clock.monotonic_ns() - began_ns)

    def _count(self, scope: Scope, status: int, took_ns: int) -> None:
        route = getattr(scope.get("route"), "path", _OTHER)
        self._metrics.counter("tapeline_api_requests", route=route, status=str(int(status))).inc()
        seconds = self._seconds.get(route)
        if seconds is None:
            seconds = self._metrics.latency("tapeline_api_request_seconds", route=route)
            self._seconds[route] = seconds
        seconds.record(took_ns)
