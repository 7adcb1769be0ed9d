"""The state of the server."""

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from tapeline.api.context import context_of
from tapeline.api.health import health_of, system_of
from tapeline.api.negotiation import JSON
from tapeline.api.schemas.system import Health, System

router = APIRouter(prefix="/api", tags=["system"])


@router.get(
    "/health",
    response_model=Health,
    responses={503: {"model": Health, "description": "It is down: the store does not answer."}},
)
async def health(request: Request) -> Response:
    """Tell whether the server can do its work: 200 when it is `ok` or `degraded`, 503 when `down`.

    Nothing is read for it, and it needs no token: it answers while every query waits.
    """
    said = health_of(context_of(request))
    return Response(orjson.dumps(said), 503 if said["status"] == "down" else 200, media_type=JSON)


@router.get("/system", response_model=System)
async def system(request: Request) -> Response:
    """Tell what is open, how busy the server is, and the state of every live stream."""
    return Response(orjson.dumps(system_of(context_of(request))), media_type=JSON)
