"""Rows as a store gives them into the exact columns of an answer."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from tapeline.errors import StoreFormatError


def shaped(table: pa.Table, wanted: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield the wanted columns with exactly the wanted types, or dictionaries of such decimals.

    Raises
    ------
    StoreFormatError
        A column is missing, or holds what the type cannot.
    """
    columns = []
    for field in wanted:
        column = column_of(table, field)
        if column.type != field.type and not are_keys(column.type, field.type):
            try:
                column = column.cast(field.type)
            except pa.ArrowInvalid as error:
                raise StoreFormatError(f"column {field.name} of the store: {error}") from error
        columns.append(column)
    schema = of_types(wanted, [column.type for column in columns])
    yield from pa.Table.from_arrays(columns, schema=schema).to_batches()


def are_keys(kind: pa.DataType, of: pa.DataType) -> bool:
    """Whether a type is that of a dictionary of decimals of another one."""
    return bool(pa.types.is_dictionary(kind) and pa.types.is_decimal(of) and kind.value_type == of)


def of_types(schema: pa.Schema, types: Sequence[pa.DataType]) -> pa.Schema:
    """Return a schema with these types."""
    if schema.types == list(types):
        return schema
    fields = zip(schema, types, strict=True)
    return pa.schema([field.with_type(kind) for field, kind in fields], schema.metadata)


def column_of(table: pa.Table, field: pa.Field) -> pa.ChunkedArray:
    """Return a column of a store, of nulls where it has none and needs none.

    Raises
    ------
    StoreFormatError
        It is missing.
    """
    if field.name in table.schema.names:
        return table[field.name]
    if field.nullable:
        # A file from before the column was.
        return pa.chunked_array([pa.nulls(table.num_rows, field.type)])
    raise StoreFormatError(f"the store has no column {field.name}: it is not ours, or damaged")
