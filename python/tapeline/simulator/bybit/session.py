"""One client of Bybit: topics, one answer a request, three shapes of pong."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tapeline.simulator.venue import Answer

#: Characters of all topics of one connection.
TOPIC_CHARACTERS_MAX = 21_000
_DEPTHS = {
    "spot": ("1", "50", "200", "1000"),
    "linear": ("1", "50", "200", "500", "1000"),
    "inverse": ("1", "50", "200", "500", "1000"),
}
_NAMES = frozenset(
    {"publicTrade", "tickers", "kline", "allLiquidation", "liquidation", "priceLimit", "rpi"}
)
_SPOT_NAMES = _NAMES - {"allLiquidation", "liquidation"}


class BybitSession:
    """One client of a category.

    Parameters
    ----------
    category
        ``spot``, ``linear`` or ``inverse``.
    connection_id
        The ``conn_id`` of its answers.
    args_max
        Topics a request may name.
    """

    def __init__(self, category: str, connection_id: str, args_max: int) -> None:
        self._category = category
        self._id = connection_id
        self._args_max = args_max
        self._topics: dict[str, None] = {}
        self._pongs = 0

    @property
    def streams(self) -> Sequence[str]:
        """Return the topics in the order they were asked for."""
        return list(self._topics)

    def hears(self, on_tape: Sequence[str]) -> Sequence[bool]:
        """Say which streams it gets."""
        return [stream in self._topics for stream in on_tape]

    def answer(self, text: str) -> Sequence[Answer]:
        """Carry out a request: as a whole, or not at all."""
        request = _parsed(text)
        operation = request.get("op") if request is not None else None
        if request is None or operation not in ("ping", "subscribe", "unsubscribe"):
            said = {"success": False, "ret_msg": f"error:Invalid op: {operation}"}
            return [Answer("error", _text({**said, "conn_id": self._id, "op": ""}))]
        if operation == "ping":
            return [Answer("heartbeat", self._pong(request))]
        topics: Any = request.get("args")
        refusal = self._refusal(topics, is_subscribe=operation == "subscribe")
        if refusal:
            said = {"success": False, "ret_msg": refusal}
            return [Answer("error", self._reply(said, request))]
        if operation == "subscribe":
            self._topics.update(dict.fromkeys(topics))
        else:
            for topic in topics:
                self._topics.pop(topic, None)
        said = {"success": True, "ret_msg": operation if self._category == "spot" else ""}
        subscribed = tuple(topics) if operation == "subscribe" else ()
        return [Answer("ack", self._reply(said, request), subscribed)]

    def render(self, recorded: Sequence[tuple[bytes, str]]) -> list[bytes]:
        """Return recorded frames as they are."""
        return [frame for frame, _ in recorded]

    def shutdown_notice(self, tape_ns: int) -> None:
        """Return None: Bybit announces nothing."""

    def _refusal(self, topics: object, *, is_subscribe: bool) -> str:
        """Return why topics cannot be subscribed; empty if they can."""
        if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
            return "error:request args is not an array of text"
        if len(topics) > self._args_max:
            return f"args size >{self._args_max}"
        if not is_subscribe:
            return ""
        if sum(map(len, (*self._topics, *topics))) > TOPIC_CHARACTERS_MAX:
            return "args length exceeds limit"
        for topic in topics:
            if not self._is_topic(topic):
                return f"error:handler not found,topic:{topic}"
            if topic in self._topics:
                return f"error:already subscribed,topic:{topic}"
        return ""

    def _is_topic(self, topic: str) -> bool:
        name, _, rest = topic.partition(".")
        subject, _, symbol = rest.partition(".")
        if name == "orderbook":
            return subject in _DEPTHS[self._category] and bool(symbol)
        return name in (_SPOT_NAMES if self._category == "spot" else _NAMES) and bool(subject)

    def _pong(self, request: Mapping[str, Any]) -> str:
        """Return a pong: the category's own shape first, then the other two in turn."""
        spot = {"success": True, "ret_msg": "pong", "conn_id": self._id, "op": "ping"}
        linear = {**spot, "req_id": request.get("req_id", "")}
        shapes: list[dict[str, Any]] = [
            spot,
            linear,
            {"op": "pong", "args": ["1700000000000"], "conn_id": self._id},
        ]
        if self._category != "spot":
            shapes[0], shapes[1] = shapes[1], shapes[0]
        self._pongs += 1
        return _text(shapes[(self._pongs - 1) % len(shapes)])

    def _reply(self, said: dict[str, Any], request: Mapping[str, Any]) -> str:
        whole = {**said, "conn_id": self._id, "req_id": request.get("req_id", "")}
        return _text({**whole, "op": request["op"]})


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        request = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return request if isinstance(request, dict) else None


def _text(message: object) -> str:
    return orjson.dumps(message).decode()
