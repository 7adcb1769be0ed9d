"""What an error of ClickHouse means for a writer or a reader."""

import re
from typing import Final

from tapeline.errors import RowError, StoreError, StoreFormatError, StoreUnavailableError

# https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
_ROW: Final = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
        53,  # TYPE_MISMATCH
        69,  # ARGUMENT_OUT_OF_BOUND
        70,  # CANNOT_CONVERT_TYPE
        117,  # INCORRECT_DATA
        128,  # TOO_LARGE_ARRAY_SIZE
        131,  # TOO_LARGE_STRING_SIZE
        321,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        407,  # DECIMAL_OVERFLOW
        469,  # VIOLATED_CONSTRAINT
    }
)
_SCHEMA: Final = frozenset(
    {
        8,  # THERE_IS_NO_COLUMN
        10,  # NOT_FOUND_COLUMN_IN_BLOCK
        16,  # NO_SUCH_COLUMN_IN_TABLE
        44,  # ILLEGAL_COLUMN
        47,  # UNKNOWN_IDENTIFIER
        60,  # UNKNOWN_TABLE
        62,  # SYNTAX_ERROR
        81,  # UNKNOWN_DATABASE
        115,  # UNKNOWN_SETTING
    }
)
_PERSON: Final = {
    192: "there is no such user",
    193: "the password is wrong",
    194: "a password is required",
    497: "the user may not do this",
    516: "the user or the password is wrong",
}


def store_error(shown: str, error: Exception) -> StoreError:
    """Return the fault to raise for an error of the client.

    What is not known to be for good may pass: too many parts, read-only, no memory, a disk that is
    full, and everything the network does.

    Parameters
    ----------
    shown
        The store's address, without its password.
    """
    code = getattr(error, "code", None) or _code_in(str(error))
    text = _sentence(error)
    if code in _PERSON:
        return StoreFormatError(f"{shown}: {_PERSON[code]} ({text})")
    if code in _ROW:
        return RowError(f"ClickHouse refuses a row: {text}")
    if code in _SCHEMA:
        return StoreFormatError(f"{shown}: {text}")
    return StoreUnavailableError(f"{shown}: {text}")


def _code_in(text: str) -> int | None:
    """Return the code that the embedded engine's own errors have in their text alone."""
    found = re.search(r"Code: (\d+)\. DB::Exception", text)
    return None if found is None else int(found[1])


def _sentence(error: Exception) -> str:
    """Return the reason without the client's wrapping, the address and the version."""
    text = " ".join(str(error).split())
    text = text.partition("DB::Exception: ")[2] or text
    return text.partition(" (for url ")[0][:500]
