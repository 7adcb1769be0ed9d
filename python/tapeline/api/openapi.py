"""The OpenAPI document: what FastAPI makes of the routes, and the problems every route has."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from tapeline.api import problems
from tapeline.api.negotiation import ARROW, CSV, JSON
from tapeline.api.problems import Kind
from tapeline.api.schemas.common import Problem

DESCRIPTION: Final = """\
What tapeline's stores keep, with how complete it is.

* A list is `{"data": [...], "coverage": {...}, "as_of_ns": N, "next_cursor": ... | null}`.
* Prices and quantities of events are decimal texts, exact. What is computed (bars, indicators,
  backtests) is a number of 64-bit floating point.
* Times are Unix UTC nanoseconds: 64-bit whole numbers, which JavaScript reads exactly as BigInt
  alone. `time` is the same as text.
* Lists come as JSON, as an Arrow IPC stream (`Accept: application/vnd.apache.arrow.stream`) or as
  CSV (`Accept: text/csv`); the latter two say coverage, watermark and cursor in the headers
  `Tapeline-Coverage`, `Tapeline-As-Of-Ns` and `Tapeline-Next-Cursor`.
* Faults are `application/problem+json` (RFC 9457) and say what to do next.
"""
_ALWAYS: Final = (
    problems.MALFORMED,
    problems.TOKEN,
    problems.FORBIDDEN,
    problems.URL,
    problems.RATE,
    problems.HEADERS,
    problems.INTERNAL,
)
_OF_QUERIES: Final = (
    problems.NOT_FOUND,
    problems.NOT_ACCEPTABLE,
    problems.PARAMETER,
    problems.BUSY,
    problems.TIME,
)
_WITHOUT_QUERY: Final = frozenset({"/api/health", "/api/system"})
_JSON_ALONE: Final = frozenset(
    {"/api/health", "/api/system", "/api/orderbook", "/api/backtests/{run_id}"}
)
_REFERENCE: Final = {"$ref": "#/components/schemas/Problem"}


def document(app: FastAPI) -> dict[str, Any]:
    """Return the document; made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            description=DESCRIPTION,
            routes=app.routes,
            openapi_version="3.1.0",
        )
        _add_problem_schema(made)
        for path, methods in made["paths"].items():
            for operation in methods.values():
                _complete(path, operation)
        app.openapi_schema = made
    return app.openapi_schema


def _add_problem_schema(made: dict[str, Any]) -> None:
    schemas = made["components"]["schemas"]
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas["Problem"] = schema
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}


def _complete(path: str, operation: dict[str, Any]) -> None:
    # Without a token where the server listens on loopback alone.
    operation["security"] = [{}] if path == "/api/health" else [{}, {"token": []}]
    kinds = _ALWAYS if path in _WITHOUT_QUERY else (*_ALWAYS, *_OF_QUERIES)
    operation["responses"].pop("422", None)
    for kind in kinds:
        if str(kind.status) not in operation["responses"]:
            operation["responses"][str(kind.status)] = _problem(kind)
    if path not in _JSON_ALONE:
        _add_forms(operation["responses"]["200"])
    operation["responses"] = dict(sorted(operation["responses"].items()))


def _problem(kind: Kind) -> dict[str, Any]:
    said: dict[str, Any] = {
        "description": kind.title,
        "content": {problems.MEDIA_TYPE: {"schema": _REFERENCE}},
    }
    if kind.status in (429, 503):
        said["headers"] = {
            "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}
        }
    return said


def _add_forms(answer: dict[str, Any]) -> None:
    answer["content"] = {
        JSON: answer["content"][JSON],
        ARROW: {"schema": {"type": "string", "contentMediaType": ARROW}},
        CSV: {"schema": {"type": "string"}},
    }
    answer["headers"] = {
        "Tapeline-Coverage": {
            "schema": {"type": "string"},
            "description": "Of Arrow and CSV: `coverage` as JSON.",
        },
        "Tapeline-As-Of-Ns": {
            "schema": {"type": "integer", "format": "int64"},
            "description": "Of Arrow and CSV: `as_of_ns`.",
        },
        "Tapeline-Next-Cursor": {
            "schema": {"type": "string"},
            "description": "Of Arrow and CSV: `next_cursor`; not there on the last page.",
        },
    }
