"""JSON values as the rules see them: numbers as text, objects with all their pairs."""

from typing import Any, TypeGuard


class Number(str):
    """The text of a JSON number; a plain ``str`` is a JSON string."""

    __slots__ = ()


class Object(dict[str, Any]):
    """A JSON object: the last value of each key, and all pairs as they came."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def is_text(value: object) -> TypeGuard[str]:
    """Whether a value was a JSON string."""
    return isinstance(value, str) and not isinstance(value, Number)
