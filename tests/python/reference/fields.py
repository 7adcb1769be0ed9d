"""Stages 1 and 2: presence and JSON type of the fields, then the validity of each."""

from typing import Final, NamedTuple

from .decimals import check_syntax
from .faults import FaultError
from .reading import TradeMessage
from .values import Number, Object, is_text

ID_KEYS: Final = {"trade": "t", "aggTrade": "a"}
UNIT_NS: Final = {"us": 1_000, "ms": 1_000_000}
MIN_TIME_NS: Final = 1_230_768_000 * 10**9  # 2009-01-01T00:00:00Z
MAX_TIME_NS: Final = 2**63 - 1
ONE_DAY_NS: Final = 86_400 * 10**9
_MAX_TIME_DIGITS: Final = 19


class Fields(NamedTuple):
    """The fields of a trade as texts; times in nanoseconds."""

    symbol: str
    id_key: str
    id: int
    price: str
    quantity: str
    timestamp_ns: int
    published_ns: int | None
    is_buyer_maker: bool
    metadata: tuple[tuple[str, str], ...]


def check_structure(trade: TradeMessage, issues: list[str]) -> None:
    """Stage 1: what must be there is there, and has a JSON type that can be right.

    Raises
    ------
    FaultError
        ``missing``, ``type``, ``timestamp`` or ``side``.
    """
    message, id_key = trade.message, ID_KEYS[trade.channel]
    for key in ("s", id_key, "p", "q", "T", "m"):
        if key not in message:
            raise FaultError("missing", key)
    if not is_text(message["s"]):
        raise FaultError("type", "s")
    for key in (id_key, "p", "q"):
        if not isinstance(message[key], str):
            raise FaultError("type", key)
    if not isinstance(message["T"], str):
        raise FaultError("timestamp", "T")
    if not isinstance(message["m"], bool):
        raise FaultError("side", "m")
    as_text = is_text(message[id_key]) or is_text(message["T"])
    as_number = not (is_text(message["p"]) and is_text(message["q"]))
    if as_text or as_number:
        issues.append("unexpected_json_type")
    if trade.has_byte_order_mark:
        issues.append("byte_order_mark")


def check_fields(
    trade: TradeMessage, time_unit: str, received_ns: int | None, issues: list[str]
) -> Fields:
    """Stage 2: each field by its own rule.

    Raises
    ------
    FaultError
        ``id``, ``decimal_syntax``, ``range`` or ``timestamp``.
    """
    message, id_key = trade.message, ID_KEYS[trade.channel]
    if not is_id(message[id_key]):
        raise FaultError("id", id_key, stage=2)
    for key in ("p", "q"):
        check_syntax(message[key], key)
    unit_ns = UNIT_NS[time_unit]
    timestamp_ns = read_time(message["T"], unit_ns, received_ns, issues, "T")
    published_ns = None
    if "E" in message:
        published_ns = read_published(message["E"], unit_ns)
        if published_ns is None:
            issues.append("published_time_dropped")
    return Fields(
        symbol=message["s"],
        id_key=id_key,
        id=int(message[id_key]),
        price=message["p"],
        quantity=message["q"],
        timestamp_ns=timestamp_ns,
        published_ns=published_ns,
        is_buyer_maker=message["m"],
        metadata=_read_trade_ids(message) if trade.channel == "aggTrade" else (),
    )


def is_plain_digits(text: str) -> bool:
    """Whether the text is ``0`` or ASCII digits without a leading zero."""
    if not (text.isascii() and text.isdigit()):
        return False
    return text == "0" or text[0] != "0"


def is_id(text: str) -> bool:
    """Whether the text is an id below 2^64."""
    return is_plain_digits(text) and len(text) <= 20 and int(text) < 2**64


def _is_time(text: str) -> bool:
    return is_plain_digits(text) and len(text) <= _MAX_TIME_DIGITS


def _is_in_bounds(time_ns: int) -> bool:
    return MIN_TIME_NS <= time_ns <= MAX_TIME_NS


def read_time(text: str, unit_ns: int, received_ns: int | None, issues: list[str], key: str) -> int:
    """Return a time; a wrong unit is repaired where the receive time bears it out.

    Raises
    ------
    FaultError
        ``timestamp``.
    """
    if not _is_time(text):
        raise FaultError("timestamp", key, stage=2)
    value = int(text)
    if _is_in_bounds(value * unit_ns):
        return value * unit_ns
    if received_ns is not None:
        for other_unit in (unit_ns // 1_000, unit_ns * 1_000):  # finer first
            time_ns = value * other_unit
            if _is_in_bounds(time_ns) and abs(time_ns - received_ns) <= ONE_DAY_NS:
                issues.append("timestamp_unit")
                return time_ns
    raise FaultError("timestamp", key, stage=2)


def read_published(value: object, unit_ns: int) -> int | None:
    """Return the published time, or None when it must be left out."""
    if not isinstance(value, str) or not _is_time(value):
        return None
    time_ns = int(value) * unit_ns
    return time_ns if _is_in_bounds(time_ns) else None


def _read_trade_ids(message: Object) -> tuple[tuple[str, str], ...]:
    """Return the metadata of an aggregate: both ids, or nothing."""
    first, last = message.get("f"), message.get("l")
    if not isinstance(first, Number) or not isinstance(last, Number):
        return ()
    if not is_id(first) or not is_id(last):
        return ()
    return (("first_trade_id", str(first)), ("last_trade_id", str(last)))
