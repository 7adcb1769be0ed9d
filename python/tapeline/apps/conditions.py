"""What a person types: conditions of a query, times and lists."""

from typing import Final

import typer

from tapeline.access.times import to_text

_NS_DIGITS: Final = 19
_LONGEST_S: Final = 10 * 366 * 86_400


def check_time(option: str, text: str | None) -> None:
    """Refuse Unix seconds, milli- and microseconds: as nanoseconds they are all in 1970."""
    if text is not None and text.isdecimal() and 10 <= len(text) < _NS_DIGITS:
        raise typer.BadParameter(
            f"{option} {text} would be {to_text(int(text))}: Unix nanoseconds have {_NS_DIGITS} "
            "digits; or give a date, or a time like 2026-01-05T12:00:00Z"
        )


def check_seconds(option: str, seconds: float | None) -> None:
    """Refuse what no clock can wait for: a range of the command line takes nan and inf."""
    if seconds is not None and not 0 <= seconds <= _LONGEST_S:
        raise typer.BadParameter(f"{option} is at most {_LONGEST_S:,} seconds, was {seconds}")


def words(text: str | None) -> list[str] | None:
    """Return the words of a list with commas; None for none."""
    return None if text is None else [word.strip() for word in text.split(",") if word.strip()]
