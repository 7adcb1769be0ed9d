"""What goes wrong in a route, as problems."""

import uuid
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tapeline.api.problems import (
    DAMAGED,
    INTERNAL,
    MALFORMED,
    METHOD,
    NOT_FOUND,
    PARAMETER,
    Kind,
    ProblemError,
)
from tapeline.api.queries import AbandonedError
from tapeline.errors import ArgumentError, StoreFormatError, UnknownNameError

_log = structlog.get_logger(__name__)
_CLIENT_GONE = 499


def install(app: FastAPI) -> None:
    """Answer every fault with a problem."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(RequestValidationError, _parameters)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(UnknownNameError, _unknown)
    app.add_exception_handler(ArgumentError, _argument)
    app.add_exception_handler(StoreFormatError, _damaged)
    app.add_exception_handler(AbandonedError, _gone)


def request_id_of(scope: Any) -> str:  # noqa: ANN401 - an ASGI scope
    """Return the name of a request, made when it has none yet."""
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        state["request_id"] = uuid.uuid4().hex[:16]
    found: str = state["request_id"]
    return found


def answered(request: Request, problem: ProblemError) -> Response:
    """Return a problem as the answer to a request."""
    return problem.response(request.url.path, request_id_of(request.scope))


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - for the type checker
    return answered(request, error)


async def _parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - for the type checker
    faults = [_fault(each) for each in error.errors()]
    if any(name == "type" for name, _ in faults):
        # An event type is a name, as a symbol is.
        types = "trade, orderbook, funding, liquidation"
        return answered(request, ProblemError(NOT_FOUND, f"there is no such type, only {types}"))
    detail = "; ".join(f"{name}: {text}" for name, text in faults[:3])
    return answered(request, ProblemError(PARAMETER, detail, errors=faults))


def _fault(fault: dict[str, Any]) -> tuple[str, str]:
    name = ".".join(str(part) for part in fault["loc"][1:]) or "query"
    if fault["type"] == "extra_forbidden":
        return "query", "a parameter is unknown: /api/openapi.json lists those there are"
    text = str(fault["msg"]).removeprefix("Value error, ")
    return name, text[:1].lower() + text[1:]


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - for the type checker
    kinds = {404: NOT_FOUND, 405: METHOD}
    kind = kinds.get(error.status_code, MALFORMED)
    if kind is MALFORMED:
        kind = Kind("malformed", error.status_code, "The request is malformed")
    details = {
        404: "there is nothing at this path: /api/openapi.json lists what there is",
        405: "only reading is possible: use GET",
    }
    detail = details.get(error.status_code, "the request cannot be read")
    headers = dict(error.headers or {})
    return answered(request, ProblemError(kind, detail, headers=headers))


async def _unknown(request: Request, error: Exception) -> Response:
    return answered(request, ProblemError(NOT_FOUND, str(error)))


async def _argument(request: Request, error: Exception) -> Response:
    return answered(request, ProblemError(PARAMETER, str(error)))


async def _damaged(request: Request, error: Exception) -> Response:
    _log.error("store_damaged", request_id=request_id_of(request.scope), error=str(error))
    detail = "what is stored is damaged or from another version: the server's log says what"
    return answered(request, ProblemError(DAMAGED, detail))


async def _gone(_request: Request, _error: Exception) -> Response:
    # Nobody reads it.
    return Response(status_code=_CLIENT_GONE)


def internal(path: str, scope: Any, error: BaseException) -> Response:  # noqa: ANN401
    """Return the answer to a fault of our own, which is logged whole and told in one sentence."""
    request_id = request_id_of(scope)
    _log.error("request_failed", request_id=request_id, path=path, exc_info=error)
    detail = "this is a fault of the server: report it with the request_id"
    return ProblemError(INTERNAL, detail).response(path, request_id)
