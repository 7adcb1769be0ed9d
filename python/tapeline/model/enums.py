"""Enumerations of the market-data model.

Numbers are those of the enums in ``proto/tapeline/market/v1``. ``label`` is the spelling used in
routing keys, Arrow columns and summaries: the value's name in lower case, without its prefix.
"""

from enum import IntEnum


class LabelledEnum(IntEnum):
    """An enumeration whose members have a lower-case spelling."""

    @property
    def label(self) -> str:
        """Return the spelling used on the outside, e.g. ``perfect``."""
        return self.name.lower()


class EventType(LabelledEnum):
    """What kind of event a batch holds."""

    UNSPECIFIED = 0
    TRADE = 1
    ORDERBOOK = 2
    FUNDING = 3
    LIQUIDATION = 4
    COVERAGE = 5
    QUARANTINE = 6


class Quality(LabelledEnum):
    """The grade of an event."""

    UNSPECIFIED = 0
    PERFECT = 1
    REPAIRED = 2
    SUSPICIOUS = 3
    DISCARDED = 4


class Side(LabelledEnum):
    """The aggressor's side of a trade, or the side of a forced order."""

    UNSPECIFIED = 0
    BUY = 1
    SELL = 2


class BookDepth(LabelledEnum):
    """How much of a book an order-book message shows."""

    UNSPECIFIED = 0
    L1 = 1
    L2 = 2


class BookAction(LabelledEnum):
    """What an order-book message does to the book."""

    UNSPECIFIED = 0
    SNAPSHOT = 1
    DELTA = 2


class BookOrigin(LabelledEnum):
    """Where an order-book message comes from."""

    UNSPECIFIED = 0
    WIRE = 1
    REST = 2
    BOOK = 3


class CoverageKind(LabelledEnum):
    """What a coverage record states."""

    UNSPECIFIED = 0
    SESSION_START = 1
    GAP_OPENED = 2
    GAP_FILLED = 3
    SEQUENCE_RESET = 4
    SESSION_END = 5
    CONNECTION_LOST = 6
    CONNECTION_RESTORED = 7
    BOOK_UNSYNCED = 8
    BOOK_SYNCED = 9


class ProofLevel(LabelledEnum):
    """What the evidence of a coverage record can carry."""

    UNSPECIFIED = 0
    PROVEN_COMPLETE = 1
    PROVEN_GAP = 2
    UNVERIFIABLE = 3
    INFERRED = 4


class IssueCode(LabelledEnum):
    """Everything the cleaning pipeline can remark; ``docs/cleaning.md`` explains each one."""

    UNSPECIFIED = 0
    EMPTY = 1
    TRUNCATED = 2
    TRAILING = 3
    ENCODING = 4
    NOT_JSON = 5
    DEPTH = 6
    TYPE = 7
    DUPLICATE_KEY = 8
    MISSING = 9
    UNKNOWN_MESSAGE = 10
    DECIMAL_SYNTAX = 11
    PRECISION = 12
    SCALE_OVERFLOW = 13
    RANGE = 14
    ID = 15
    TIMESTAMP = 16
    SIDE = 17
    UNKNOWN_SYMBOL = 18
    UNEXPECTED_SYMBOL = 19
    ID_CONFLICT = 20
    FRAME_TOO_LARGE = 21
    INTERNAL = 22
    BYTE_ORDER_MARK = 40
    UNEXPECTED_JSON_TYPE = 41
    EXPONENT_NOTATION = 42
    TIMESTAMP_UNIT = 43
    PUBLISHED_TIME_DROPPED = 44
    NO_RECEIVE_TIME = 45
    PRICE_BAND = 60
    QUANTITY_SPIKE = 61
    FUTURE_TIMESTAMP = 62
    STALE_TIMESTAMP = 63
    TIME_REVERSED = 64
    SEQUENCE_GAP = 65
    OUT_OF_ORDER = 66
    SEQUENCE_JUMP = 67
    CROSSED_BOOK = 68
    CHECKSUM_MISMATCH = 69

    @property
    def quality(self) -> Quality:
        """Return the grade given: below 40 discarded, below 60 repaired, else suspicious."""
        if self is IssueCode.UNSPECIFIED:
            return Quality.UNSPECIFIED
        if self < 40:
            return Quality.DISCARDED
        return Quality.REPAIRED if self < 60 else Quality.SUSPICIOUS


class Stage(LabelledEnum):
    """The six cleaning stages, numbered as in quarantine records."""

    STRUCTURE = 1
    FIELDS = 2
    SYMBOL = 3
    PRECISION = 4
    RECEIVE_TIME = 5
    ANOMALY = 6
