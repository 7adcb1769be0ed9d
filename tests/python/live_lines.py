"""A connection of the live socket that a test opens and blocks as it likes."""

from collections.abc import Callable


class PlainLine:
    """Keeps what is written; while it is not clear nothing may be."""

    def __init__(self, *, is_clear: bool = True) -> None:
        self.is_clear = is_clear
        self.written: list[bytes] = []
        self.code: int | None = None
        self._call: Callable[[], None] = lambda: None

    @property
    def blocked_since(self) -> float | None:
        return None if self.is_clear else 0.0

    def when_clear(self, call: Callable[[], None]) -> None:
        self._call = call

    def write(self, envelope: bytes) -> None:
        assert self.is_clear
        self.written.append(envelope)

    def cut(self, code: int, reason: str) -> None:
        self.code = code

    def clear(self) -> None:
        """Take what is written again."""
        self.is_clear = True
        self._call()
