"""What becomes of an error of PostgreSQL: by its class, never by its text."""

from typing import Final

import asyncpg

from tapeline.errors import (
    RowError,
    StoreError,
    StoreFormatError,
    StoreUnavailableError,
    TapelineError,
)

FAULTS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""All that talking to a server can raise."""

_ROW: Final = ("22", "23", "54")
"""Data, constraints, and what is larger than the server takes."""
_FORMAT: Final = ("0A", "22P03", "22P04", "3D", "3F", "42", "XX001", "XX002")
"""A table is not as it was made, or what is asked for is not there. Such an error is about every
row, so it must never be taken for one about a row."""
_PASSING: Final = ("42501",)
"""A right that was taken away: whoever did it gives it back, and nothing need be started again."""


def translated(error: Exception, shown: str, doing: str) -> TapelineError:
    """Return the error of ours that stands for one of the server or the way to it.

    Parameters
    ----------
    shown
        The store's address without its password.
    doing
        What was tried, for the message.
    """
    if isinstance(error, TapelineError):
        return error
    kind = _kind(getattr(error, "sqlstate", None))
    if isinstance(error, TimeoutError):
        return StoreUnavailableError(f"{shown}: no answer in time while {doing}")
    return kind(f"{shown}: {_text(error)} while {doing}")


def _kind(state: str | None) -> type[StoreError]:
    if state is None or state.startswith(_PASSING):
        return StoreUnavailableError
    if state.startswith(_FORMAT):
        return StoreFormatError
    if state.startswith(_ROW):
        return RowError
    return StoreUnavailableError


def _text(error: Exception) -> str:
    state = getattr(error, "sqlstate", None)
    text = str(error).strip().splitlines()
    first = text[0] if text else type(error).__name__
    return f"{first} ({state})" if state else first
