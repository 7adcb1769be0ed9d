"""Streams that the venue refused: known as silent, and asked for again after a while."""

from collections.abc import Collection, Iterable

from tapeline.adapters.connection.dialect import Stream

_NS = 1_000_000_000
# A delisted pair stays refused; one that is about to be listed does not.
_RETRY_NS = 60 * _NS


class Refusals:
    """The refused streams of one line."""

    def __init__(self) -> None:
        self._due_ns: dict[Stream, int] = {}
        self._asked_again: set[Stream] = set()

    def add(self, streams: Iterable[Stream], now_ns: int) -> list[Stream]:
        """Take refused streams; return those that had not been refused before."""
        new = []
        for stream in streams:
            if stream not in self._due_ns and stream not in self._asked_again:
                new.append(stream)
            self._asked_again.discard(stream)
            self._due_ns[stream] = now_ns + _RETRY_NS
        return new

    def forget(self, streams: Iterable[Stream]) -> None:
        """Forget streams that are not wanted any more."""
        for stream in streams:
            self._due_ns.pop(stream, None)
            self._asked_again.discard(stream)

    def due(self, now_ns: int) -> list[Stream]:
        """Return those to ask for again now."""
        return self._again([each for each, due_ns in self._due_ns.items() if now_ns >= due_ns])

    def ask_all(self) -> list[Stream]:
        """Return all of them: a new connection asks for everything."""
        return self._again(list(self._due_ns))

    def accepted(self) -> list[Stream]:
        """Return those that were asked for again; call it when the venue has answered to all."""
        taken = list(self._asked_again)
        self._asked_again.clear()
        return taken

    def has_all(self, streams: Collection[Stream]) -> bool:
        """Whether all of these streams are refused."""
        return self._due_ns.keys() >= set(streams)

    def _again(self, streams: list[Stream]) -> list[Stream]:
        for stream in streams:
            del self._due_ns[stream]
        self._asked_again.update(streams)
        return streams
