"""Batches to the Arrow tables of a store."""

from collections.abc import Sequence

import pyarrow as pa

from tapeline.storage.consumer.batches import Batch, Rejected
from tapeline.wire.native import decode_rows


def decode_batches(
    event_type: str, batches: Sequence[Batch]
) -> tuple[pa.Table, list[Rejected], list[Batch]]:
    """Decode batches of one type.

    Returns
    -------
    (table, rejected, decoded)
        The rows with their arrival columns, instrument by instrument in order of arrival, texts of
        which there are few as dictionaries; the batches whose events cannot be read, with the
        reason; the others.
    """
    ordered = sorted(batches, key=lambda batch: batch.place)
    values = [batch.value for batch in ordered]
    events = decode_rows(values, [batch.message.offset for batch in ordered], event_type)
    faults = dict(events.rejected)
    rejected = [
        Rejected(ordered[index].message, "bad_event", fault) for index, fault in faults.items()
    ]
    decoded = [batch for index, batch in enumerate(ordered) if index not in faults]
    announced = sum(batch.event_count for batch in decoded)
    if len(events) != announced:
        # The decoder refuses a batch whose count is wrong, so this is a defect of ours.
        raise AssertionError(f"{announced} events announced, {len(events)} decoded")
    return events.to_arrow(), rejected, decoded
