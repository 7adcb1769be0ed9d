"""Cursors: where a page ended, as a text that says nothing to anybody else."""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tapeline.access.paging import Place
from tapeline.api.problems import CURSOR, ProblemError
from tapeline.api.settings import MAX_CURSOR

_VERSION = 1


def scope_of(path: str, parameters: Mapping[str, Any]) -> str:
    """Return a short text that is the same for the same list: a cursor fits no other."""
    said = orjson.dumps([path, parameters], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(said, digest_size=6).hexdigest()


def encode(scope: str, values: Sequence[Any]) -> str:
    """Return a cursor of plain values."""
    return base64.urlsafe_b64encode(orjson.dumps([_VERSION, scope, *values])).decode().rstrip("=")


def decode(text: str, scope: str, kinds: Sequence[type]) -> list[Any]:
    """Return the values of a cursor.

    Raises
    ------
    ProblemError
        It is none, of another list, or from another version.
    """
    try:
        if len(text) > MAX_CURSOR or not text.isascii():
            raise ValueError("too long")
        padded = text + "=" * (-len(text) % 4)
        version, of_list, *values = orjson.loads(base64.b64decode(padded, b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error) as error:
        raise _refused() from error
    right = (version, of_list, len(values)) == (_VERSION, scope, len(kinds))
    if not right or not all(type(v) is kind for v, kind in zip(values, kinds, strict=True)):
        raise _refused()
    found: list[Any] = values
    return found


def encode_place(scope: str, place: Place | None) -> str | None:
    """Return the cursor of a page of rows; None on the last page."""
    if place is None:
        return None
    return encode(scope, [place.time_ns, *place.key, place.repeats])


def decode_place(text: str | None, scope: str) -> Place | None:
    """Return where a page of rows begins; None for the first page.

    Raises
    ------
    ProblemError
        As :func:`decode`.
    """
    if text is None:
        return None
    values = decode(text, scope, (int, str, str, str, int, int, int))
    exchange, market, raw_symbol, offset, index = values[1:6]
    in_range = 0 <= values[0] < 2**63 and 1 <= values[6] < 2**31
    if not in_range:
        raise _refused()
    return Place(values[0], (exchange, market, raw_symbol, offset, index), values[6])


def _refused() -> ProblemError:
    return ProblemError(
        CURSOR,
        "give the next_cursor of an answer, unchanged, beside the same parameters; or leave it "
        "out to begin with the first page",
    )
