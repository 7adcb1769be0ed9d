"""What a question may say: the parameters of the routes."""

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from tapeline.access.times import to_ns, to_text
from tapeline.api.settings import DEFAULT_LIMIT, MAX_CURSOR, MAX_LIMIT, MAX_NAME, MAX_TIME
from tapeline.errors import ArgumentError, UnknownNameError

_NS_DIGITS: Final = 19
_LAST_NS: Final = 2**63 - 1
_FORBIDDEN: Final = frozenset("\\\"'<>;%`$\x7f")


def _time(text: str) -> str:
    """Check a time; a blank is what a plus sign becomes that was not escaped."""
    text = text.strip().replace(" ", "+") if "T" in text else text.strip()
    if text.isdecimal() and 9 <= len(text) < _NS_DIGITS:
        raise ValueError(
            f"as Unix nanoseconds this would be {to_text(int(text))}: they have {_NS_DIGITS} "
            "digits; or give a time like 2026-01-05T12:00:00Z"
        )
    try:
        found = to_ns(text)
    except (ArgumentError, OverflowError) as error:
        raise ValueError(
            "give a time like 2026-01-05T12:00:00Z, with a zone, a date like 2026-01-05, or Unix "
            "nanoseconds"
        ) from error
    if not 0 <= found <= _LAST_NS:
        raise ValueError("times are from 1970-01-01 to 2262-04-11")
    return text


Time = Annotated[
    str,
    Field(max_length=MAX_TIME, examples=["2026-01-05T12:00:00Z"]),
    AfterValidator(_time),
]


class Parameters(BaseModel):
    """The form of every model here: what is unknown is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class InstrumentQuery(Parameters):
    """Which instruments."""

    exchange: Annotated[str | None, Field(description="E.g. `binance`; none is all.")] = None
    market: Annotated[str | None, Field(description="E.g. `spot`; none is all.")] = None
    symbol: Annotated[
        str | None,
        Field(
            description="Canonical (`BTC/USDT`, `BTC/USDT:USDT`) or the venue's (`BTCUSDT`); none "
            "is all."
        ),
    ] = None

    def checked_names(self) -> dict[str, Any]:
        """Return the names as the access layer takes them.

        Raises
        ------
        UnknownNameError
            A text that is no name at all.
        """
        for name in ("exchange", "market", "symbol"):
            text = getattr(self, name)
            if text is not None and not _is_name(text):
                raise UnknownNameError(
                    f"no {name} has this name: it has 1 to {MAX_NAME} letters, digits and signs"
                )
        return {"symbols": self.symbol, "exchange": self.exchange, "market": self.market}


OneSymbol = Annotated[
    str,
    Field(
        description="Canonical (`BTC/USDT`, `BTC/USDT:USDT`) or the venue's (`BTCUSDT`). Where "
        "several instruments have it, say exchange and market too.",
        examples=["BTC/USDT"],
    ),
]
"""Of questions about one instrument."""


class TimeQuery(InstrumentQuery):
    """Which instruments, in which time."""

    start: Annotated[
        Time | None,
        Field(
            description="From here on: an ISO time with a zone, a date (its midnight UTC) or Unix "
            "nanoseconds; none is the first."
        ),
    ] = None
    end: Annotated[
        Time | None, Field(description="To before here, as `start`; none is the last.")
    ] = None

    @model_validator(mode="after")
    def _in_order(self) -> "TimeQuery":
        start_ns, end_ns = self.start_ns, self.end_ns
        if start_ns is not None and end_ns is not None and start_ns > end_ns:
            raise ValueError("start is after end")
        return self

    @property
    def start_ns(self) -> int | None:
        """Unix UTC nanoseconds, inclusive."""
        return None if self.start is None else to_ns(self.start)

    @property
    def end_ns(self) -> int | None:
        """Unix UTC nanoseconds, exclusive."""
        return None if self.end is None else to_ns(self.end)


Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Rows on a page, at most.")]
Cursor = Annotated[
    str | None,
    Field(max_length=MAX_CURSOR, description="`next_cursor` of the page before."),
]


class ListQuery(InstrumentQuery):
    """A page of a list of instruments."""

    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor = None


class RowQuery(TimeQuery):
    """A page of rows."""

    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor = None
    newest: Annotated[
        bool,
        Field(
            description="The last `limit` rows of the time in place of the first, in the same "
            "order; without a cursor. All rows of the time are read for it: say a `start`."
        ),
    ] = False

    @model_validator(mode="after")
    def _one_page(self) -> "RowQuery":
        if self.newest and self.cursor is not None:
            raise ValueError("newest has one page, and no cursor")
        return self


EventType = Literal["trade", "orderbook", "funding", "liquidation"]


def _is_name(text: str) -> bool:
    return 0 < len(text) <= MAX_NAME and all(
        char.isprintable() and not char.isspace() and char not in _FORBIDDEN for char in text
    )
