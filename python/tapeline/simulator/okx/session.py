"""One client of OKX: subscriptions by ``arg``, one answer each, text ping and pong."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tapeline.simulator.okx.frames import channel_of, stream_of_arg
from tapeline.simulator.venue import Answer

#: Subscribe, unsubscribe and login requests a connection may make in an hour.
REQUESTS_MAX = 480
_BUSINESS = ("trades-all", "candle", "index-candle", "mark-price-candle", "economic-calendar")
#: Channels that are not about an instrument but a type of instruments.
_BY_TYPE = frozenset({"liquidation-orders", "adl-warning", "instruments", "opt-summary"})


def is_business(channel: str) -> bool:
    """Say whether a channel is served on ``/business`` (else on ``/public``)."""
    return channel.startswith(_BUSINESS)


class OkxSession:
    """One client.

    Parameters
    ----------
    connection_id
        The ``connId`` of its answers.
    is_business
        It came to ``/ws/v5/business``.
    """

    def __init__(self, connection_id: str, *, is_business: bool) -> None:
        self._id = connection_id
        self._is_business = is_business
        self._args: dict[str, Mapping[str, Any]] = {}
        self._requests = 0

    @property
    def streams(self) -> Sequence[str]:
        """Return the subscriptions in the order they were asked for."""
        return list(self._args)

    def hears(self, on_tape: Sequence[str]) -> Sequence[bool]:
        """Say which streams it gets."""
        return [stream in self._args for stream in on_tape]

    def answer(self, text: str) -> Sequence[Answer]:
        """Carry out a request; a subscription of several args is answered one by one."""
        if text == "ping":
            return [Answer("heartbeat", "pong")]
        request = _parsed(text)
        if request is None:
            return [self._error({}, "60012", f"Illegal request: {text}")]
        operation, args = request.get("op"), request.get("args")
        if operation not in ("subscribe", "unsubscribe") or not isinstance(args, list) or not args:
            return [self._error(request, "60012", f"Illegal request: {text}")]
        self._requests += 1
        if self._requests > REQUESTS_MAX:
            return [self._error(request, "60014", "Requests too frequent")]
        return [self._one(str(operation), arg, request) for arg in args]

    def render(self, recorded: Sequence[tuple[bytes, str]]) -> list[bytes]:
        """Return recorded frames as they are."""
        return [frame for frame, _ in recorded]

    def shutdown_notice(self, tape_ns: int) -> str:
        """Return notice 64008."""
        return _text(
            {
                "event": "notice",
                "code": "64008",
                "msg": "The connection will soon be closed for a service upgrade. "
                "Please reconnect.",
                "connId": self._id,
            }
        )

    def _one(self, operation: str, arg: object, request: Mapping[str, Any]) -> Answer:
        if not isinstance(arg, dict) or not self._is_served(arg):
            asked = ",".join(f"{k}:{v}" for k, v in arg.items()) if isinstance(arg, dict) else arg
            message = (
                f"Wrong URL or {asked} doesn't exist. Please use the correct URL, channel and "
                "parameters referring to API document."
            )
            return self._error(request, "60018", message)
        stream = stream_of_arg(arg)
        if operation == "subscribe":
            self._args[stream] = arg
        else:
            self._args.pop(stream, None)
        text = _text({**_id(request), "event": operation, "arg": arg, "connId": self._id})
        return Answer("ack", text, (stream,) if operation == "subscribe" else ())

    def _is_served(self, arg: Mapping[str, Any]) -> bool:
        channel = arg.get("channel")
        if not isinstance(channel, str) or is_business(channel) != self._is_business:
            return False
        subject = arg.get("instType" if channel in _BY_TYPE else "instId")
        return isinstance(subject, str) and bool(subject) and bool(channel_of(channel))

    def _error(self, request: Mapping[str, Any], code: str, message: str) -> Answer:
        return Answer(
            "error",
            _text(
                {
                    **_id(request),
                    "event": "error",
                    "code": code,
                    "msg": message,
                    "connId": self._id,
                }
            ),
        )


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        request = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return request if isinstance(request, dict) else None


def _id(request: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": request["id"]} if request.get("id") else {}


def _text(message: object) -> str:
    return orjson.dumps(message).decode()
