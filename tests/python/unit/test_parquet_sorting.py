"""What is told of the rows of a Parquet file to be."""

import pyarrow as pa
import pytest

from tapeline.storage.parquet.sorting import sorted_spans, spans_of, spans_of_runs


def _of(symbols: list[str | None], *, is_coded: bool) -> pa.Table:
    names = {name: [name] * len(symbols) for name in ("exchange", "market")}
    texts = {**names, "symbol": symbols, "raw_symbol": symbols}
    columns = {name: pa.array(values, pa.string()) for name, values in texts.items()}
    if is_coded:
        columns = {name: column.dictionary_encode() for name, column in columns.items()}
    return pa.table(columns).append_column("received_ns", pa.nulls(len(symbols), pa.int64()))


@pytest.mark.parametrize("is_coded", [True, False])
def test_instruments_of_rows_in_several_pieces_are_all_listed_with_their_times(
    is_coded: bool,
) -> None:
    parts: list[list[str | None]] = [["A", "A", "B"], [], ["C"], [None, "A", "D", "D"]]
    table = pa.concat_tables(_of(part, is_coded=is_coded) for part in parts)
    times: list[int | None] = [5, 3, None, 7, -1, 9, None, 2]
    table = table.set_column(4, "received_ns", pa.array(times, pa.int64()))
    expected = {
        ("exchange", "market", name, name): span
        for name, span in {
            None: (-1, -1),
            "A": (3, 9),
            "B": (None, None),
            "C": (7, 7),
            "D": (2, 2),
        }.items()
    }
    found = sorted_spans(spans_of_runs("quarantine", table))
    assert list(found.items()) == list(expected.items())
    if not is_coded:
        assert sorted_spans(spans_of(table, table["received_ns"].combine_chunks())) == expected
