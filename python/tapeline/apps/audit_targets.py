"""Read what a target holds, whatever kind of store it is."""

from collections.abc import Callable, Sequence
from typing import Final

from tapeline.access.opening import open_reader
from tapeline.access.ports import Query
from tapeline.apps.audit_content import Content, Tally, columns_of
from tapeline.apps.audit_redis import redis_content
from tapeline.storage.targets import Kind, Target

COUNTERS: Final[dict[Kind, Callable[[Target], Content]]] = {Kind.REDIS: redis_content}
"""Targets that keep no rows to read again, and count what they were given."""


def content_of(target: Target, types: Sequence[str]) -> Content:
    """Read all rows of a target.

    Raises
    ------
    SettingsError
        That kind can neither be read nor asked for counts.
    StoreError
        It cannot be reached, or is damaged.
    """
    if target.kind in COUNTERS:
        return COUNTERS[target.kind](target)
    reader = open_reader(target)
    try:
        tally = Tally()
        kept = [each for each in types if each in reader.types()]
        for event_type in kept:
            for batch in reader.read(event_type, Query(), columns_of(event_type)):
                tally.add(event_type, batch)
        return tally.content(target.shown, kept)
    finally:
        reader.close()
