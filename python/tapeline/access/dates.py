"""Days on which a store has rows, as dates."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from tapeline.storage.schema import UNKNOWN_DATE

DAY_NS: Final = 86_400_000_000_000
_EPOCH: Final = date(1970, 1, 1)


def dates_of(days: Iterable[int | None]) -> list[str]:
    """Return days since 1970-01-01 as dates, each once and in order.

    None, which stands for rows without a time, comes last.
    """
    found = set(days)
    dates = [(_EPOCH + timedelta(days=day)).isoformat() for day in found if day is not None]
    return [*sorted(dates), *([UNKNOWN_DATE] if None in found else [])]
