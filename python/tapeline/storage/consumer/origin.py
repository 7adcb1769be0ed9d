"""Whether a partition is still the log that a store has read, or another one under its name.

A topic that was deleted and made anew, a broker without its old disk, a transport file that was
deleted: their offsets begin again at 0, and the offset a store has means other messages now. The
last messages before it say which log it is: the store has taken them, or it has not.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from tapeline.storage.consumer.batches import Batch, examine
from tapeline.storage.consumer.decoding import decode_batches
from tapeline.storage.consumer.taken import Taken
from tapeline.storage.ports import Offsets, Partition, Tail

LOOK_BACK: Final = 16
"""So many messages before a store's offset are looked at: those that are no batches say nothing."""


def made_anew(
    offsets: Offsets, tails: Mapping[Partition, Tail], taken: Taken
) -> Iterable[Partition]:
    """Yield partitions whose messages before the store's offset the store has never taken.

    Parameters
    ----------
    offsets
        The next offsets of the store.
    tails
        What lies before them, by :meth:`tapeline.storage.ports.Source.before`.
    taken
        The batches the store has.
    """
    for partition, offset in offsets.items():
        tail = tails.get(partition)
        if tail is not None and offset > 0:
            is_known = _is_known(tail, taken)
            if is_known is False or (is_known is None and tail.ends_before):
                yield partition


def _is_known(tail: Tail, taken: Taken) -> bool | None:
    """Return whether the store has these messages; None when they cannot tell."""
    batches, _ = examine(tail.messages)
    for batch in reversed(batches):
        if batch.mark in taken:
            return True
        if not taken.may_have_forgotten(batch.mark) and _is_readable(batch):
            return False
    return None


def _is_readable(batch: Batch) -> bool:
    """Whether it is no dead letter, of which a store keeps no mark."""
    _, rejected, _ = decode_batches(batch.event_type, [batch])
    return not rejected
