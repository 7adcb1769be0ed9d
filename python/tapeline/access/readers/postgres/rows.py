"""Rows of the tables as rows of the canonical schema."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tapeline.errors import StoreFormatError
from tapeline.storage.postgres.names import Ids, Instrument
from tapeline.storage.postgres.tables import (
    INSTRUMENT,
    LEVELS,
    SIDES,
    SYMBOL_ID,
    Column,
    columns_of,
)
from tapeline.storage.schema import stored_schema_of


def schema_for(event_type: str, columns: Sequence[str] | None) -> pa.Schema:
    """Return the fields asked for, in that order; None is all of them."""
    whole = stored_schema_of(event_type)
    return whole if columns is None else pa.schema([whole.field(name) for name in columns])


def columns_for(event_type: str, schema: pa.Schema) -> list[Column]:
    """Return the columns of the tables that those fields are made of."""
    wanted = set(schema.names)
    found = [column for column in columns_of(event_type) if column.field in wanted]
    # Without any column a row could not be counted.
    return [SYMBOL_ID, *found] if wanted.intersection(INSTRUMENT) or not found else found


class Restorer:
    """Makes canonical batches; one for each answer."""

    def __init__(self, schema: pa.Schema, known: Mapping[Instrument, Ids]) -> None:
        self._schema = schema
        self._symbol_ids = pa.array([ids.symbol for ids in known.values()], pa.int32())
        columns = list(zip(*known, strict=True)) or [()] * len(INSTRUMENT)
        self._names = {
            name: pa.array(texts, pa.string())
            for name, texts in zip(INSTRUMENT, columns, strict=True)
        }

    def restore(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Return rows that were read as rows of an answer.

        Raises
        ------
        StoreFormatError
            The prices of a book do not match its quantities, or a row names no instrument.
        """
        arrays = [self._array(rows, field) for field in self._schema]
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)

    def _array(self, rows: pa.RecordBatch, field: pa.Field) -> pa.Array:
        if field.name in INSTRUMENT:
            places = pc.index_in(rows[SYMBOL_ID.name], value_set=self._symbol_ids)
            if places.null_count:
                raise StoreFormatError("a row belongs to no instrument of the table symbol")
            return self._names[field.name].take(places)
        if field.name in LEVELS:
            return _levels(rows, LEVELS[field.name], field.type)
        column = rows[field.name]
        return _sides(column) if field.name == "side" else column.cast(field.type)


def _sides(letters: pa.Array) -> pa.Array:
    places = pc.index_in(letters, value_set=pa.array(list(SIDES.values())))
    if places.null_count != letters.null_count:
        raise StoreFormatError(f"a side is not one of {', '.join(SIDES.values())}")
    return pa.array(list(SIDES), pa.string()).take(places)


def _levels(rows: pa.RecordBatch, side: str, kind: pa.ListType) -> pa.Array:
    prices, quantities = rows[f"{side}_price"], rows[f"{side}_quantity"]
    if not prices.offsets.equals(quantities.offsets):
        raise StoreFormatError(f"the {side} prices of a book do not match its quantities")
    fields = [kind.value_type.field(place) for place in range(2)]
    levels = pa.StructArray.from_arrays([prices.values, quantities.values], fields=fields)
    return pa.ListArray.from_arrays(prices.offsets, levels, type=kind)
