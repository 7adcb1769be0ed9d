"""Damaging a frame so that it is certainly no JSON, and still UTF-8."""

import random

import orjson

_MARKS = '{}[]":,'
_TRIES = 20


def damage(frame: bytes, seed: int) -> tuple[bytes, str]:
    """Return a damaged copy of a frame and what was done to it.

    The same frame and seed give the same copy. A text frame of WebSocket must be UTF-8, so whole
    characters are
    cut off or replaced, never bytes.

    Returns
    -------
    tuple of bytes and str
        The copy, never empty, never valid JSON; and ``"truncated"`` or ``"overwritten"``.
    """
    chooser = random.Random(seed)  # noqa: S311  (a replay must repeat it)
    text = frame.decode(errors="replace")
    for _ in range(_TRIES):
        is_cut = chooser.random() < 0.5
        copy = _cut(text, chooser) if is_cut else _overwrite(text, chooser)
        if not _is_json(copy):
            return copy, "truncated" if is_cut else "overwritten"
    return b"{", "truncated"


def _cut(text: str, chooser: random.Random) -> bytes:
    return text[: chooser.randrange(1, max(2, len(text)))].encode()


def _overwrite(text: str, chooser: random.Random) -> bytes:
    """Put another character in the place of a structural one, or of any if there is none."""
    places = [place for place, character in enumerate(text) if character in _MARKS]
    place = chooser.choice(places) if places else chooser.randrange(max(1, len(text)))
    return (text[:place] + chooser.choice("#;~?") + text[place + 1 :]).encode()


def _is_json(frame: bytes) -> bool:
    try:
        orjson.loads(frame)
    except orjson.JSONDecodeError:
        return False
    return True
