"""What is told of the rows of a Parquet file to be."""

import pyarrow as pa
import pytest

from tapeline.storage.parquet.sorting import instruments_of


def _of(symbols: list[str | None], *, is_coded: bool) -> pa.Table:
    names = {name: [name] * len(symbols) for name in ("exchange", "market")}
    texts = {**names, "symbol": symbols, "raw_symbol": symbols}
    columns = {name: pa.array(values, pa.string()) for name, values in texts.items()}
    if is_coded:
        columns = {name: column.dictionary_encode() for name, column in columns.items()}
    return pa.table(columns)


@pytest.mark.parametrize("is_coded", [True, False])
def test_instruments_of_rows_in_several_pieces_are_all_listed(is_coded: bool) -> None:
    parts: list[list[str | None]] = [["A", "A", "B"], [], ["C"], [None, "A", "D", "D"]]
    table = pa.concat_tables(_of(part, is_coded=is_coded) for part in parts)
    symbols = [None, "A", "B", "C", "D"]
    assert instruments_of(table) == [("exchange", "market", each, each) for each in symbols]
