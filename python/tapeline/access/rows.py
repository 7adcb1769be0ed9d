"""Rows of an answer, in the forms people want them in."""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol, cast

import pyarrow as pa

from tapeline.errors import ArgumentError

if TYPE_CHECKING:
    import polars as pl

_SHOWN = 5


class _Answer(Protocol):
    """What :class:`Convertible` builds on."""

    @property
    def schema(self) -> pa.Schema: ...

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]: ...


class Convertible:
    """Gives rows as Arrow, Polars or pandas; any Arrow library takes the object itself.

    Prices and quantities stay exact in Arrow and Polars (``decimal128(38, 18)``); times are int64
    Unix UTC nanoseconds.
    """

    def to_arrow(self: _Answer, columns: Sequence[str] | None = None) -> pa.Table:
        """Return all rows as an Arrow table.

        Parameters
        ----------
        columns
            Only these, in this order; nothing else is read.

        Raises
        ------
        ArgumentError
            There is no such column.
        """
        schema = chosen(self.schema, columns)
        return pa.Table.from_batches(self.batches(columns), schema)

    def to_polars(self, columns: Sequence[str] | None = None) -> "pl.DataFrame":
        """Return all rows as a Polars frame; see :meth:`to_arrow`."""
        import polars as pl

        return cast("pl.DataFrame", pl.from_arrow(self.to_arrow(columns)))  # type: ignore[misc]

    def to_pandas(self, columns: Sequence[str] | None = None) -> Any:  # noqa: ANN401
        """Return all rows as a pandas frame; prices as ``decimal.Decimal``.

        Raises
        ------
        ArgumentError
            pandas is not installed.
        """
        if find_spec("pandas") is None:
            raise ArgumentError(
                "pandas is not installed: `pip install pandas`, or use .to_polars()"
            )
        return self.to_arrow(columns).to_pandas()  # type: ignore[misc]

    def __arrow_c_stream__(self: _Answer, requested_schema: object | None = None) -> object:
        reader = pa.RecordBatchReader.from_batches(self.schema, self.batches())
        return reader.__arrow_c_stream__(requested_schema)


class Rows(Convertible):
    """Rows that are in memory.

    Parameters
    ----------
    table
        The rows.
    title
        What they are, for people.
    """

    def __init__(self, table: pa.Table, title: str) -> None:
        self._table = table
        self._title = title

    @property
    def schema(self) -> pa.Schema:
        """The columns."""
        return self._table.schema

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows."""
        names = chosen(self.schema, columns).names
        yield from self._table.select(names).to_batches()

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __repr__(self) -> str:
        return f"{self._title}: {len(self):,} rows\n{self.to_polars()}"

    def _repr_html_(self) -> str:
        return f"<p>{self._title}: {len(self):,} rows</p>{html(self._table)}"


def chosen(schema: pa.Schema, columns: Sequence[str] | None) -> pa.Schema:
    """Return the schema of some columns.

    Raises
    ------
    ArgumentError
        There is no such column, or one is named twice.
    """
    if columns is None:
        return schema
    if isinstance(columns, str):
        raise ArgumentError(f"columns is a list of names: write [{columns!r}]")
    for name in columns:
        if name not in schema.names:
            raise ArgumentError(f"no column {name!r}; there are {', '.join(schema.names)}")
    if len(set(columns)) < len(columns):
        raise ArgumentError("a column is named twice")
    return pa.schema([schema.field(name) for name in columns])


def html(table: pa.Table) -> str:
    """Return the first and last rows as HTML."""
    import polars as pl

    frame = cast("pl.DataFrame", pl.from_arrow(table))
    if frame.height > 2 * _SHOWN:
        frame = pl.concat([frame.head(_SHOWN), frame.tail(_SHOWN)])
    text: str = frame._repr_html_()
    return text
