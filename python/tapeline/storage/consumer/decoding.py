"""Batches to the Arrow tables of a store."""

from collections.abc import Sequence
from typing import cast

import polars as pl
import pyarrow as pa

from tapeline.storage.consumer.batches import Batch, Rejected
from tapeline.storage.schema import ARRIVAL_FIELDS, stored_schema_of
from tapeline.wire.native import decode


def decode_batches(
    event_type: str, batches: Sequence[Batch]
) -> tuple[pa.Table, list[Rejected], list[Batch]]:
    """Decode batches of one type.

    Returns
    -------
    (table, rejected, decoded)
        The rows with their arrival columns, instrument by instrument in order of arrival; the
        batches whose events cannot be read, with the reason; the others.
    """
    ordered = sorted(batches, key=lambda batch: batch.place)
    events = decode([batch.value for batch in ordered], event_type=event_type, errors="collect")
    faults = dict(events.rejected)
    rejected = [
        Rejected(ordered[index].message, "bad_event", fault) for index, fault in faults.items()
    ]
    decoded = [batch for index, batch in enumerate(ordered) if index not in faults]
    table = _with_arrival(events.to_arrow(), decoded)
    return table.cast(stored_schema_of(event_type)), rejected, decoded


def _with_arrival(table: pa.Table, batches: Sequence[Batch]) -> pa.Table:
    # Exploding an empty list gives a null, so batches without events stay out.
    places = [(batch.message.offset, batch.event_count) for batch in batches if batch.event_count]
    schema = {"offset": pl.Int64, "count": pl.Int64}
    frame = pl.DataFrame(places, schema=schema, orient="row").select(
        pl.col("offset").repeat_by("count").explode(),
        pl.int_ranges(0, pl.col("count"), dtype=pl.Int32).explode().alias("index"),
    )
    if frame.height != table.num_rows:
        # The decoder refuses a batch whose count is wrong, so this is a defect of ours.
        raise AssertionError(f"{frame.height} events announced, {table.num_rows} decoded")
    arrival = cast(pa.Table, frame.to_arrow())
    for column, field in zip(arrival.columns, ARRIVAL_FIELDS, strict=True):
        table = table.append_column(field, column)
    return table
