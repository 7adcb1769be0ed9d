"""Which batches a store has: the memory that tells a redelivery from news."""

from collections.abc import Iterable, Iterator
from typing import Final

from tapeline.storage.ports import Mark

BATCHES_PER_STREAM: Final = 16_384
"""Batches remembered for each producer and routing key. A resend comes within what a producer has
in flight and in its spool; an older one would be stored again, and the access layer then shows
each of its events once."""


class Taken:
    """The latest marks of each stream, bounded."""

    __slots__ = ("_streams",)

    def __init__(self, marks: Iterable[Mark] = ()) -> None:
        self._streams: dict[tuple[str, str], dict[int, int]] = {}
        self.add(marks)

    def __contains__(self, mark: Mark) -> bool:
        """Whether this very batch was taken."""
        stream = self._streams.get((mark.producer, mark.routing_key))
        return stream is not None and stream.get(mark.batch_id) == mark.crc

    def __iter__(self) -> Iterator[Mark]:
        for (producer, routing_key), stream in self._streams.items():
            for batch_id, crc in stream.items():
                yield Mark(producer, routing_key, batch_id, crc)

    def add(self, marks: Iterable[Mark]) -> None:
        """Remember batches; the oldest of a stream beyond the bound are forgotten."""
        for producer, routing_key, batch_id, crc in marks:
            stream = self._streams.setdefault((producer, routing_key), {})
            # Taken out first, so that a number used again counts as the latest.
            stream.pop(batch_id, None)
            stream[batch_id] = crc
            if len(stream) > BATCHES_PER_STREAM:
                del stream[next(iter(stream))]

    def may_have_forgotten(self, mark: Mark) -> bool:
        """Whether this batch may have been taken, long ago, although it is not known.

        Batches of a stream are numbered upward, and the oldest are forgotten first; a routing key
        of which nothing is known may have been quiet for longer than a store remembers.
        """
        stream = self._streams.get((mark.producer, mark.routing_key))
        if stream is None:
            return all(routing_key != mark.routing_key for _, routing_key in self._streams)
        is_bounded = len(stream) >= BATCHES_PER_STREAM
        return is_bounded and mark.batch_id < min(stream)

    def of_topics(self, topics: Iterable[str]) -> list[Mark]:
        """Return the marks of streams that lie on these topics, in either topic layout."""
        names = set(topics)
        return [
            mark
            for mark in self
            if mark.routing_key in names or mark.routing_key.rpartition(".")[0] in names
        ]
