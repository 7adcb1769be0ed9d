"""One line of a tape: its value, and its exact text form."""

import base64
import binascii
from typing import Any, Literal, NamedTuple

import orjson

from tapeline.errors import TapeError

Kind = Literal["ws", "http"]

_MIN_NS, _MAX_NS = -(1 << 63), (1 << 63) - 1


class TapeFrame(NamedTuple):
    """One message as it was received.

    A named tuple and not a frozen dataclass because a reader makes one a line: it costs a fifth.

    Attributes
    ----------
    recv_ns
        Receive time on the recording machine, Unix UTC nanoseconds; ``None`` where the source kept
        none.
    url
        Where the message came from: the WebSocket URL, or the REST URL with its query.
    kind
        ``"ws"`` for a frame, ``"http"`` for a REST reply.
    raw
        The message, byte for byte.
    """

    recv_ns: int | None
    url: str
    kind: Kind
    raw: bytes


class TapeWarning(NamedTuple):
    """Something a reader remarked and went on after, such as a torn last line.

    Attributes
    ----------
    path
        The tape.
    line
        Line number, from 1.
    reason
        What was found, in words.
    """

    path: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


def parse_line(line: bytes) -> TapeFrame:
    """Read one line of a tape.

    Parameters
    ----------
    line
        The line, with or without its line feed. Keys may come in any order; unknown keys are
        ignored.

    Raises
    ------
    TapeError
        The line is not a JSON object with ``recv_ns``, ``url``, ``kind`` and ``raw`` of the right
        types.
    """
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise TapeError(f"not a JSON object: {error}") from error
    try:
        recv_ns, url, kind, raw = record["recv_ns"], record["url"], record["kind"], record["raw"]
    except (KeyError, TypeError):
        raise TapeError(_missing(record)) from None
    if (
        type(raw) is not str
        or type(url) is not str
        or (kind != "ws" and kind != "http")
        or (recv_ns is not None and (type(recv_ns) is not int or not _MIN_NS <= recv_ns <= _MAX_NS))
    ):
        raise TapeError(_wrong_type(record))
    if len(record) > 4 and "raw_b64" in record:
        return TapeFrame(recv_ns, url, kind, _from_base64(record["raw_b64"]))
    return TapeFrame(recv_ns, url, kind, raw.encode())


def format_line(frame: TapeFrame) -> bytes:
    """Write one frame as a line of a tape, line feed included.

    The keys are ``recv_ns url kind raw`` in this order. A frame that is not UTF-8 gets a fifth
    key, ``raw_b64``,
    with its exact bytes in base64; its ``raw`` is then for people, with the bad bytes replaced.
    """
    record: dict[str, Any] = {"recv_ns": frame.recv_ns, "url": frame.url, "kind": frame.kind}
    try:
        record["raw"] = frame.raw.decode()
    except UnicodeDecodeError:
        record["raw"] = frame.raw.decode(errors="replace")
        record["raw_b64"] = base64.b64encode(frame.raw).decode()
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def _missing(record: object) -> str:
    if not isinstance(record, dict):
        return f"expected a JSON object, found {type(record).__name__}"
    missing = [key for key in ("recv_ns", "url", "kind", "raw") if key not in record]
    return f"key {missing[0]!r} is missing"


def _wrong_type(record: dict[str, Any]) -> str:
    if type(record["recv_ns"]) is not int and record["recv_ns"] is not None:
        return f"recv_ns must be an integer or null, was {record['recv_ns']!r}"
    if record["recv_ns"] is not None and not _MIN_NS <= record["recv_ns"] <= _MAX_NS:
        return f"recv_ns must fit 64 bits, was {record['recv_ns']}"
    if type(record["url"]) is not str:
        return f"url must be text, was {record['url']!r}"
    if type(record["raw"]) is not str:
        return f"raw must be text, was {type(record['raw']).__name__}"
    return f"kind must be 'ws' or 'http', was {record['kind']!r}"


def _from_base64(text: object) -> bytes:
    if not isinstance(text, str):
        raise TapeError(f"raw_b64 must be text, was {type(text).__name__}")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise TapeError(f"raw_b64 is not base64: {error}") from error
