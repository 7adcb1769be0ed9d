"""What every request passes before a route sees it, and every answer before it leaves."""

import math
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tapeline.api import problems
from tapeline.api.auth import BACKTEST, READ, Tokens, bearer
from tapeline.api.counting import Requests
from tapeline.api.faults import internal, request_id_of
from tapeline.api.limits import RateLimit, network_of
from tapeline.api.origins import Origins
from tapeline.api.problems import ProblemError
from tapeline.api.settings import ApiSettings

_API: Final = "/api/"
_OPEN: Final = frozenset({"/api/health"})
_FOREIGN_HOST: Final = 4403
_MOST_PARAMETERS: Final = 64
_PREFLIGHT: Final = {
    "access-control-allow-methods": "GET",
    "access-control-allow-headers": "authorization, accept",
    "access-control-max-age": "600",
}
_SECURITY: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
"""What a route does not say itself."""


class Guard:
    """The outermost layer of the application.

    Parameters
    ----------
    tokens
        None where none is needed: the server listens on loopback alone.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: ApiSettings,
        origins: Origins,
        rate: RateLimit,
        tokens: Tokens | None = None,
        requests: Requests | None = None,
    ) -> None:
        self._app = app
        self._settings = settings
        self._origins = origins
        self._rate = rate
        self._tokens = tokens
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the name alone: origin and token are checked where the socket is served."""
        if self._origins.is_host_known(_single(Headers(scope=scope), "host")):
            await self._app(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": _FOREIGN_HOST})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        answer = _Answer(send, self._all_headers(scope, headers))
        client: str | None = None
        begun_ns = self._requests.begin() if self._requests is not None else 0
        try:
            self._check_form(scope, headers)
            self._check_origin(headers)
            if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
                response = Response(status_code=204, headers=_PREFLIGHT)
                await response(scope, receive, answer.send)
                return
            client = self._admitted(scope, headers)
            await self._app(scope, receive, answer.send)
        except ProblemError as problem:
            await self._refuse(problem, scope, receive, answer)
        except Exception as error:
            if answer.status:
                raise
            await internal(scope["path"], scope, error)(scope, receive, answer.send)
        finally:
            if client is not None:
                self._rate.leave(client)
            if self._requests is not None:
                self._requests.end(scope, answer.status, begun_ns)

    async def _refuse(
        self, problem: ProblemError, scope: Scope, receive: Receive, answer: "_Answer"
    ) -> None:
        response = problem.response(scope["path"], request_id_of(scope))
        if problem.kind.status in (413, 414, 431):
            response.headers["connection"] = "close"
        await response(scope, receive, answer.send)

    def _check_form(self, scope: Scope, headers: Headers) -> None:
        """Refuse what is too large, or says one thing twice."""
        settings = self._settings
        if len(scope["raw_path"]) + len(scope["query_string"]) > settings.max_url_bytes:
            raise ProblemError(problems.URL, f"at most {settings.max_url_bytes} bytes")
        size = sum(len(name) + len(value) + 4 for name, value in headers.raw)
        if size > settings.max_header_bytes:
            raise ProblemError(problems.HEADERS, f"at most {settings.max_header_bytes} bytes")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > settings.max_body_bytes:
            raise ProblemError(problems.BODY, f"at most {settings.max_body_bytes} bytes")
        if not self._origins.is_host_known(_single(headers, "host")):
            raise ProblemError(
                problems.MALFORMED,
                "the header Host names another server: start this one with --allow-host NAME",
            )
        self._check_query(scope["query_string"])

    @staticmethod
    def _check_query(query: bytes) -> None:
        try:
            pairs = parse_qsl(
                query.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS
            )
        except ValueError as error:
            detail = f"at most {_MOST_PARAMETERS} parameters"
            raise ProblemError(problems.MALFORMED, detail) from error
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            raise ProblemError(problems.PARAMETER, "a parameter is given twice: which one counts?")

    def _check_origin(self, headers: Headers) -> None:
        origin = headers.get("origin")
        if origin is not None and not self._origins.is_origin_known(origin, headers.get("host")):
            raise ProblemError(
                problems.FORBIDDEN,
                "pages of this origin may not read: start the server with --allow-origin",
            )

    def _admitted(self, scope: Scope, headers: Headers) -> str | None:
        """Return who asks, counted; None for what is not counted.

        Raises
        ------
        ProblemError
            The token is missing, unknown or of another scope, or the client asks too often.
        """
        path = scope["path"]
        address = network_of(scope["client"][0]) if scope["client"] else "?"
        if path in _OPEN or not path.startswith(_API):
            return None
        name = f"address {address}"
        if self._tokens is not None:
            name = self._named(self._tokens, path, headers, address)
        self._check_rate(name)
        return name

    def _named(self, tokens: Tokens, path: str, headers: Headers, address: str) -> str:
        shown = bearer(_single(headers, "authorization") or "")
        grant = None if shown is None else tokens.find(shown)
        if grant is None:
            # Guesses are counted by address.
            self._check_rate(guesses := f"guesses of {address}")
            self._rate.leave(guesses)
            raise ProblemError(
                problems.TOKEN,
                "send `Authorization: Bearer TOKEN`; whoever runs the server has one",
                headers={"www-authenticate": 'Bearer realm="tapeline"'},
            )
        scope = BACKTEST if path.startswith("/api/backtests") else READ
        if scope not in grant.scopes:
            raise ProblemError(problems.FORBIDDEN, f"the token lacks the scope {scope}")
        return f"token {grant.hash.hex()}"

    def _check_rate(self, name: str) -> None:
        again_s = self._rate.enter(name)
        if again_s is not None:
            seconds = max(math.ceil(again_s), 1)
            detail = f"this client asks too often, or too much at once: again in {seconds} s"
            raise ProblemError(problems.RATE, detail, retry_after_s=seconds)

    def _all_headers(self, scope: Scope, headers: Headers) -> Mapping[str, str]:
        return {
            **_SECURITY,
            "x-request-id": request_id_of(scope),
            **self._origins.headers(headers.get("origin"), headers.get("host")),
        }


class _Answer:
    """Sends an answer with the headers that every one has."""

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self._send = send
        self._headers = headers
        self.status = 0
        """0 before the answer has begun."""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            said: Any = MutableHeaders(raw=message["headers"])
            for name, value in self._headers.items():
                said.setdefault(name, value)
            message = {**message, "headers": said.raw}
        await self._send(message)


def _single(headers: Headers, name: str) -> str | None:
    """Return a header that is there once; None else."""
    found = headers.getlist(name)
    return found[0] if len(found) == 1 else None
