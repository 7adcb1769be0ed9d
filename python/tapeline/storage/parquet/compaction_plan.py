"""Which files of a store should become one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from tapeline.storage.parquet.manifest import FileFact
from tapeline.storage.schema import UNKNOWN_DATE

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Policy:
    """When files are merged, and how large they may get.

    A day that still grows is merged in steps, 16 small files into a larger one and so on: each row
    is written again about three times. A day that is over becomes as few files as possible.
    """

    target_bytes: int = 128 * _MIB
    """A merged file ends here; one of half of it is left alone."""
    input_bytes: int = 256 * _MIB
    """One merge reads so much at most."""
    input_files: int = 2000
    at_least: int = 16
    """Files of one size that make a merge worth while on a day that grows."""


@dataclass(frozen=True, slots=True)
class Job:
    """Files of one type and day to be replaced by their rows in order."""

    type: str
    date: str
    files: tuple[FileFact, ...]


def plan(files: Iterable[FileFact], today: str, policy: Policy) -> Iterator[Job]:
    """Name what should be merged.

    Parameters
    ----------
    files
        All files of a store.
    today
        The UTC date, ``2026-01-05``; earlier days are over.
    """

    def group_of(fact: FileFact) -> tuple[str, str]:
        return fact.type, fact.date

    small = (fact for fact in files if fact.bytes < policy.target_bytes // 2)
    for (event_type, date), group in groupby(sorted(small, key=group_of), group_of):
        facts = list(group)
        # Rows without a time have no order in which a part of them could be merged.
        is_growing = date >= today and date != UNKNOWN_DATE
        chosen = _of_one_size(facts, policy) if is_growing else _worth_while(facts, policy)
        for some in chosen:
            yield from _jobs(event_type, date, some, policy)


def _of_one_size(facts: list[FileFact], policy: Policy) -> Iterator[list[FileFact]]:
    steps: dict[int, list[FileFact]] = {}
    for fact in facts:
        steps.setdefault(fact.bytes.bit_length() // 4, []).append(fact)
    yield from (some for some in steps.values() if len(some) >= policy.at_least)


def _worth_while(facts: list[FileFact], policy: Policy) -> Iterator[list[FileFact]]:
    """Leave a large file alone until what came late is worth the work."""
    largest = max(fact.bytes for fact in facts)
    others = sum(fact.bytes for fact in facts) - largest
    if len(facts) >= policy.at_least or (len(facts) > 1 and others * 4 >= largest):
        yield facts


def _jobs(event_type: str, date: str, facts: list[FileFact], policy: Policy) -> Iterator[Job]:
    """Cut what is too much for one merge, in the order of time."""
    facts.sort(key=lambda fact: (fact.time_min_ns or 0, fact.path))
    some: list[FileFact] = []
    size = 0
    for fact in facts:
        if some and (size + fact.bytes > policy.input_bytes or len(some) >= policy.input_files):
            yield Job(event_type, date, tuple(some))
            some, size = [], 0
        some.append(fact)
        size += fact.bytes
    if len(some) > 1:
        yield Job(event_type, date, tuple(some))
