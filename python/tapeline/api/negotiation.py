"""Which form of an answer is wanted: by the header Accept."""

import math
from collections.abc import Sequence
from typing import Final

from tapeline.api.problems import NOT_ACCEPTABLE, ProblemError

JSON: Final = "application/json"
ARROW: Final = "application/vnd.apache.arrow.stream"
CSV: Final = "text/csv"
FORMS: Final = (JSON, ARROW, CSV)
"""Of what is accepted equally, the first."""

_MOST_PARTS: Final = 32


def choose(accept: str | None, forms: Sequence[str] = FORMS) -> str:
    """Return the form to give.

    Raises
    ------
    ProblemError
        None of them is accepted.
    """
    if accept is None or not accept.strip():
        return forms[0]
    wishes = [_wish(part) for part in accept.split(",")[:_MOST_PARTS]]
    best = max(forms, key=lambda form: (_quality(form, wishes), -forms.index(form)))
    if _quality(best, wishes) <= 0:
        raise ProblemError(NOT_ACCEPTABLE, f"accept one of {', '.join(forms)}, or */*")
    return best


def _wish(part: str) -> tuple[str, float]:
    name, *parameters = (each.strip().lower() for each in part.split(";"))
    quality = 1.0
    for each in parameters:
        if each.startswith("q="):
            quality = _number(each[2:])
    return name, quality


def _number(text: str) -> float:
    """Return a weight from 0 to 1; 0 for what is no number."""
    try:
        found = float(text)
    except ValueError:
        return 0.0
    return 0.0 if math.isnan(found) else min(max(found, 0.0), 1.0)


def _quality(form: str, wishes: Sequence[tuple[str, float]]) -> float:
    """Return how much a form is wanted: what names it most exactly counts."""
    family = f"{form.partition('/')[0]}/*"
    for name in (form, family, "*/*"):
        found = [quality for wish, quality in wishes if wish == name]
        if found:
            return max(found)
    return 0.0
