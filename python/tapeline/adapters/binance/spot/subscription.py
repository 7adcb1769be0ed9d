"""SUBSCRIBE messages, paced, and the answer to each one tracked. It decides; the session sends."""

from collections.abc import Sequence
from typing import Any

import orjson

from tapeline.adapters.binance.spot.limits import SUBSCRIBE_SPACING_S, SUBSCRIBE_STREAMS_MAX

_NS = 1_000_000_000


class Subscriptions:
    """What was asked for, what was acknowledged, what was refused.

    Parameters
    ----------
    streams
        The venue's names of the streams to ask for; empty when the address already names them.
    ack_timeout_s
        An answer is due within this time.
    """

    def __init__(self, streams: Sequence[str], ack_timeout_s: float) -> None:
        size = SUBSCRIBE_STREAMS_MAX
        self._unsent = [
            list(streams[start : start + size]) for start in range(0, len(streams), size)
        ]
        self._unsent.reverse()
        self._waiting: dict[int, tuple[int, list[str]]] = {}
        self._timeout_ns = int(ack_timeout_s * _NS)
        self._next_id = 1
        self._next_at_ns = 0
        self.refusal: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether everything asked for was acknowledged."""
        return not self._unsent and not self._waiting and self.refusal is None

    def next_message(self, now_ns: int) -> str | None:
        """Return the next message if it is time to send one."""
        if not self._unsent or now_ns < self._next_at_ns:
            return None
        streams = self._unsent.pop()
        number = self._next_id
        self._next_id += 1
        self._next_at_ns = now_ns + int(SUBSCRIBE_SPACING_S * _NS)
        self._waiting[number] = (now_ns + self._timeout_ns, streams)
        return orjson.dumps({"method": "SUBSCRIBE", "params": streams, "id": number}).decode()

    def overdue(self, now_ns: int) -> list[str]:
        """Return the streams whose answer should have come by now."""
        late = [streams for due_ns, streams in self._waiting.values() if now_ns >= due_ns]
        return [stream for streams in late for stream in streams]

    def answer(self, text: str) -> None:
        """Take the text of an acknowledgement or error frame.

        An error that names no request is charged to the oldest one without an answer: the venue
        answers in order, and some errors come without the id.
        """
        try:
            answer: Any = orjson.loads(text)
        except orjson.JSONDecodeError:
            return
        if not isinstance(answer, dict):
            return
        fault = answer.get("error") or (answer if "code" in answer else None)
        number = self._request(answer.get("id"), is_fault=fault is not None)
        if number is None and fault is None:
            return
        _, streams = self._waiting.pop(number, (0, [])) if number is not None else (0, [])
        if fault is not None:
            detail = fault if isinstance(fault, dict) else {}
            named = ", ".join(streams[:5]) or "no request of ours"
            self.refusal = f"{detail.get('msg', fault)} (code {detail.get('code')}), for {named}"

    def _request(self, number: object, *, is_fault: bool) -> int | None:
        if isinstance(number, str) and number.isascii() and number.isdigit():
            number = int(number)
        if isinstance(number, int) and number in self._waiting:
            return number
        return min(self._waiting, default=None) if is_fault and number is None else None
