"""Marks of batches whose numbers follow each other, as one run: 5 bytes a batch instead of 50."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from tapeline.storage.ports import Mark


class Run(NamedTuple):
    """Batches of one stream, numbered from ``first`` on."""

    producer: str
    routing_key: str
    first: int
    crcs: Sequence[int]
    """CRC32C of each."""


def runs_of(marks: Iterable[Mark]) -> Iterator[Run]:
    """Join marks to runs; the order within a stream is kept."""
    streams: dict[tuple[str, str], list[Mark]] = {}
    for mark in marks:
        streams.setdefault((mark.producer, mark.routing_key), []).append(mark)
    for (producer, routing_key), stream in streams.items():
        places = enumerate(stream)
        for _, group in groupby(places, key=lambda each: each[1].batch_id - each[0]):
            run = [mark for _, mark in group]
            yield Run(producer, routing_key, run[0].batch_id, [mark.crc for mark in run])


def marks_of(runs: Iterable[Run]) -> Iterator[Mark]:
    """Take runs apart again."""
    for producer, routing_key, first, crcs in runs:
        for place, crc in enumerate(crcs):
            yield Mark(producer, routing_key, first + place, crc)
