"""Which lines bring a stream: it starts with the first of them and stops with the last."""

from collections.abc import Iterable

from tapeline.adapters.connection.dialect import Stream


class Carriers:
    """The streams of a group of lines, each with the lines that bring it."""

    def __init__(self) -> None:
        self._lines_of: dict[Stream, set[str]] = {}

    def add(self, line: str, streams: Iterable[Stream]) -> list[Stream]:
        """Note that a line brings streams now; return those that no line brought before."""
        first = []
        for stream in streams:
            if stream not in self._lines_of:
                first.append(stream)
            self._lines_of.setdefault(stream, set()).add(line)
        return first

    def has(self, stream: Stream) -> bool:
        """Whether any line brings a stream."""
        return stream in self._lines_of

    def drop(self, line: str, streams: Iterable[Stream]) -> list[Stream]:
        """Note that a line brings streams no longer; return those that no line brings now."""
        last = []
        for stream in streams:
            lines = self._lines_of.get(stream, set())
            if line in lines:
                lines.discard(line)
                if not lines:
                    del self._lines_of[stream]
                    last.append(stream)
        return last
