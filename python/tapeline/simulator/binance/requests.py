"""The requests a client of the Binance streams may send, and the answers it gets.

Source: github binance/binance-spot-api-docs, ``web-socket-streams.md``, "Live
Subscribing/Unsubscribing to
streams", read 2026-11-22. An error answer is ``{"error":{"code","msg"},"id"}``.
"""

from typing import Any

import orjson

from tapeline.simulator.venue import Answer

#: Streams one connection may have.
STREAMS_MAX = 1_024

_METHODS = "SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS, SET_PROPERTY, GET_PROPERTY"


class RequestError(Exception):
    """A request cannot be carried out; the client gets ``code`` and the text."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Subscriptions:
    """A connection's streams and its ``combined`` property."""

    def __init__(
        self, streams: list[str], *, is_combined: bool, streams_max: int = STREAMS_MAX
    ) -> None:
        self.streams = dict.fromkeys(streams)
        self.is_combined = is_combined
        self._streams_max = streams_max

    def answer(self, text: str) -> Answer:
        """Carry out one request.

        Returns
        -------
        Answer
            Kind ``ack`` (result null), ``list_subscriptions`` (any other result) or ``error``.
        """
        request: Any = None
        try:
            request = _parse(text)
            result = self._carry_out(request)
        except RequestError as error:
            return Answer("error", _error(error, request))
        reply = orjson.dumps({"result": result, "id": request.get("id")}).decode()
        is_subscription = request["method"] == "SUBSCRIBE"
        subscribed = tuple(request["params"]) if is_subscription else ()
        return Answer("ack" if result is None else "list_subscriptions", reply, subscribed)

    def _carry_out(self, request: dict[str, Any]) -> list[str] | bool | None:
        match request["method"]:
            case "SUBSCRIBE":
                self._subscribe(_streams(request))
                return None
            case "UNSUBSCRIBE":
                for stream in _streams(request):
                    self.streams.pop(stream, None)
                return None
            case "LIST_SUBSCRIPTIONS":
                return list(self.streams)
            case "SET_PROPERTY":
                self.is_combined = _combined_value(request)
                return None
            case "GET_PROPERTY":
                _property_name(request)
                return self.is_combined
            case method:
                raise RequestError(
                    2, f"Invalid request: unknown variant `{method}`, expected one of {_METHODS}"
                )

    def _subscribe(self, streams: list[str]) -> None:
        wanted = self.streams | dict.fromkeys(streams)
        if len(wanted) > self._streams_max:
            raise RequestError(2, "Invalid request: too many parameters")
        self.streams = wanted


def is_stream_name(name: object) -> bool:
    """Say whether a text has the form of a stream: ``<symbol>@<kind>`` or ``!<name>``."""
    if not isinstance(name, str) or not name:
        return False
    symbol, at, kind = name.partition("@")
    return name.startswith("!") or bool(symbol and at and kind and symbol == symbol.lower())


def _parse(text: str) -> dict[str, Any]:
    try:
        request = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise RequestError(
            3, f"Invalid JSON: expected value at line {error.lineno} column {error.colno}"
        ) from error
    if not isinstance(request, dict) or not isinstance(request.get("method"), str):
        raise RequestError(
            2, f"Invalid request: missing field `method` at line 1 column {len(text)}"
        )
    number = request.get("id")
    is_unsigned = isinstance(number, int) and not isinstance(number, bool) and number >= 0
    is_short_text = isinstance(number, str) and len(number) <= 36
    if not is_unsigned and not is_short_text and number is not None:
        raise RequestError(2, "Invalid request: request ID must be an unsigned integer")
    return request


def _streams(request: dict[str, Any]) -> list[str]:
    streams = request.get("params")
    if not isinstance(streams, list):
        raise RequestError(2, "Invalid request: missing field `params`")
    wrong = [stream for stream in streams if not is_stream_name(stream)]
    if wrong:
        raise RequestError(2, f"Invalid request: invalid stream {wrong[0]!r}")
    return streams


def _property_name(request: dict[str, Any]) -> list[Any]:
    params = request.get("params")
    if not isinstance(params, list) or not params or not isinstance(params[0], str):
        raise RequestError(2, "Invalid request: property name must be a string")
    if params[0] != "combined":
        raise RequestError(0, "Unknown property")
    return params


def _combined_value(request: dict[str, Any]) -> bool:
    params = _property_name(request)
    if len(params) != 2 or not isinstance(params[1], bool):
        raise RequestError(1, "Invalid value type: expected Boolean")
    return params[1]


def _error(error: RequestError, request: object) -> str:
    answer: dict[str, Any] = {"error": {"code": error.code, "msg": str(error)}}
    if isinstance(request, dict):
        answer["id"] = request.get("id")
    return orjson.dumps(answer).decode()
