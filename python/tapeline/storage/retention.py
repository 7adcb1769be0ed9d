"""What retention asks of a store: to let go of old rows that were verified elsewhere."""

from datetime import date, timedelta
from typing import Final, Protocol

import pyarrow.compute as pc

_DAY_NS: Final = 86_400_000_000_000
_EPOCH: Final = date(1970, 1, 1)
DUE_COLUMNS: Final = ("depth", "action")
"""The columns that say whether a row of the order book is kept for ever."""


class Thinner(Protocol):
    """A store that rows can be taken out of."""

    def begin(self) -> None:
        """Get ready, before rows are verified: what comes later is not touched. Change nothing.

        Raises
        ------
        StoreFormatError
            There is no store.
        StoreUnavailableError
            It cannot be reached now.
        """
        ...

    def tidy(self) -> None:
        """Delete what is left of rows that went before and of writers that died.

        Raises
        ------
        StoreUnavailableError
            Not now.
        """
        ...

    def bytes_before(self, event_type: str, before_ns: int) -> int | None:
        """Return what rows earlier than a UTC midnight take, or None where that is not known."""
        ...

    def drop_before(self, event_type: str, before_ns: int) -> int:
        """Take out rows earlier than a UTC midnight; rows without a time stay.

        A store may keep the rows of :func:`kept_for_ever`.

        Returns
        -------
        int
            How many rows are gone.

        Raises
        ------
        StoreConflictError
            Rows came after :meth:`begin`.
        StoreUnavailableError
            Not now; some of them may be gone.
        """
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def kept_for_ever(event_type: str) -> pc.Expression | None:
    """Return which rows of a type never go, as a condition; None for none.

    Snapshots of books by price level stay: they are few, and with them a book of any day can be
    shown, if not followed.
    """
    if event_type != "orderbook":
        return None
    return (pc.field("depth") == 2) & (pc.field("action") == "snapshot")


def date_before(before_ns: int) -> str:
    """Return the UTC date of a midnight; earlier dates are before it."""
    return f"{_EPOCH + timedelta(days=before_ns // _DAY_NS):%Y-%m-%d}"
