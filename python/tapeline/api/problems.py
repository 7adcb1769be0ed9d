"""Why there is no answer: one form for every fault (RFC 9457)."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import orjson
from starlette.responses import Response

from tapeline.access.times import to_text

MEDIA_TYPE: Final = "application/problem+json"


class Kind(NamedTuple):
    """A kind of problem."""

    name: str
    status: int
    title: str


PARAMETER: Final = Kind("parameter", 422, "A parameter is wrong")
MALFORMED: Final = Kind("malformed", 400, "The request is malformed")
CURSOR: Final = Kind("cursor", 422, "The cursor is not one of this list")
TOO_MUCH: Final = Kind("too-much", 422, "The question takes too many rows")
TOKEN: Final = Kind("token", 401, "A token is needed")
FORBIDDEN: Final = Kind("forbidden", 403, "This is not allowed")
NOT_FOUND: Final = Kind("not-found", 404, "There is no such thing")
METHOD: Final = Kind("method", 405, "The method is not allowed here")
NOT_ACCEPTABLE: Final = Kind("not-acceptable", 406, "None of the accepted forms can be given")
BODY: Final = Kind("body", 413, "The body is too large")
URL: Final = Kind("url", 414, "The address is too long")
HEADERS: Final = Kind("headers", 431, "The headers are too large")
RATE: Final = Kind("rate", 429, "Too many requests")
INTERNAL: Final = Kind("internal", 500, "The server made a mistake")
DAMAGED: Final = Kind("damaged", 500, "What is stored cannot be read")
UNREADABLE: Final = Kind("unreadable", 503, "The store cannot be read")
STORE: Final = Kind("store", 503, "The store does not answer")
BUSY: Final = Kind("busy", 503, "The server is busy")
TIME: Final = Kind("time", 504, "The question took too long")


class ProblemError(Exception):
    """Ends a request with a problem."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        errors: Sequence[tuple[str, str]] = (),
        stale_since_ns: int | None = None,
        retry_after_s: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.stale_since_ns = stale_since_ns
        self.retry_after_s = retry_after_s
        self.headers = headers or {}

    def response(self, path: str, request_id: str) -> Response:
        """Return it as an answer to a request."""
        body: dict[str, object] = {
            "type": f"/problems/{self.kind.name}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "instance": path,
            "request_id": request_id,
        }
        headers = dict(self.headers)
        if self.errors:
            body["errors"] = [{"name": name, "message": text} for name, text in self.errors]
        if self.stale_since_ns is not None:
            body["stale_since"] = to_text(self.stale_since_ns)
        if self.retry_after_s is not None:
            body["retry_after_s"] = self.retry_after_s
            headers["retry-after"] = str(self.retry_after_s)
        return Response(
            orjson.dumps(body), self.kind.status, headers=headers, media_type=MEDIA_TYPE
        )
