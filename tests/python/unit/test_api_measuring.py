"""Requests are counted by route as declared, whatever is asked for."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from tapeline.api.measuring import Measured
from tapeline.telemetry.clock import SystemClock
from tapeline.telemetry.metrics import Metrics


async def routed(scope: Scope, _receive: Receive, send: Send) -> None:
    if scope["path"].startswith("/api/runs/"):
        scope["route"] = SimpleNamespace(path="/api/runs/{run}")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
    elif scope["path"] == "/broken":
        raise RuntimeError("a defect")
    elif scope["path"] != "/left":
        await send({"type": "http.response.start", "status": 404, "headers": []})


async def ask(metrics: Metrics, paths: Sequence[str]) -> list[Message]:
    app, sent = Measured(routed, metrics, SystemClock()), []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    for path in paths:
        await app({"type": "http", "path": path}, receive, send)
    return sent


async def test_paths_of_strangers_make_no_series() -> None:
    metrics = Metrics()
    sent = await ask(metrics, [*(f"/api/runs/{n}" for n in range(40)), "/x", "/y", "/left"])
    assert len(sent) == 82

    def count(name: str = "tapeline_api_requests_total", **labels: Any) -> float | None:  # noqa: ANN401
        return metrics.registry.get_sample_value(name, labels)

    assert count(route="/api/runs/{run}", status="200") == 40
    assert count(route="other", status="404") == 2
    assert count(route="other", status="499") == 1
    assert count("tapeline_api_request_seconds_count", route="/api/runs/{run}") == 40


async def test_a_fault_is_a_500_and_goes_on() -> None:
    metrics = Metrics()
    with pytest.raises(RuntimeError, match="a defect"):
        await ask(metrics, ["/broken"])
    labels = {"route": "other", "status": "500"}
    assert metrics.registry.get_sample_value("tapeline_api_requests_total", labels) == 1


async def test_a_websocket_passes() -> None:
    metrics, seen = Metrics(), []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    async def nothing(*_: object) -> Any:  # noqa: ANN401
        raise AssertionError("nothing is sent here")

    await Measured(app, metrics, SystemClock())({"type": "websocket"}, nothing, nothing)
    assert seen == ["websocket"]
    names = {family.name for family in metrics.registry.collect()}
    assert "tapeline_api_requests" not in names
