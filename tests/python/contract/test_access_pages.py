"""Pages of an answer: every row once, also of one time, of two stores, and while a store grows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import tapeline as tl
from tapeline.access.paging import Place
from tapeline.access.source import DataSource
from tapeline.errors import ArgumentError, UnknownNameError
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.store import ParquetStore
from tapeline.telemetry.clock import SystemClock
from tests.python.accessing import fill, market_messages
from tests.python.markets import PERPETUAL, SECOND, START, stored, trade

MESSAGES = market_messages(150)


def pages(data: DataSource, event_type: str, limit: int, **query: Any) -> Iterator[pa.Table]:  # noqa: ANN401
    after: Place | None = None
    while True:
        page = data.page(event_type, limit=limit, after=after, **query)
        yield page.rows
        after = page.following
        if after is None:
            return


@pytest.mark.parametrize("event_type", ["trade", "orderbook", "coverage", "quarantine"])
@pytest.mark.parametrize("copies", [1, 2])
def test_pages_are_the_answer(tmp_path: Path, event_type: str, copies: int) -> None:
    targets = []
    for copy in range(copies):
        root = tmp_path / str(copy)
        fill(ParquetStore(LocalFolder(root), clock=SystemClock()), MESSAGES)
        targets.append(f"parquet:{root}")
    with tl.open(targets) as data:
        whole = data.load(types=event_type, start=0)[event_type].to_arrow()
        assert whole.num_rows > 10
        for limit in (whole.num_rows // 5, whole.num_rows - 1, whole.num_rows, 10**6):
            found = list(pages(data, event_type, limit))
            assert pa.concat_tables(found).equals(whole)
            assert all(page.num_rows == limit for page in found[:-1])


def test_rows_of_one_time_are_on_one_page_each(tmp_path: Path) -> None:
    rows = [trade(START + n // 40 * SECOND, "100", str(n + 1)) for n in range(100)]
    with tl.open(stored(tmp_path, {"trade": rows})) as data:
        for limit in (1, 3, 7, 40, 100):
            quantities = [
                int(row["quantity"])
                for page in pages(data, "trade", limit, symbols="BTC/USDT")
                for row in page.to_pylist()
            ]
            assert quantities == list(range(1, 101))
        bounded = pages(data, "trade", 9, start=START + SECOND, end=START + 2 * SECOND)
        assert sum(page.num_rows for page in bounded) == 40


def test_what_is_stored_later_comes_on_later_pages(tmp_path: Path) -> None:
    first = [trade(START, "100", str(n + 1)) for n in range(5)]
    with tl.open(stored(tmp_path, {"trade": first})) as data:
        page = data.page("trade", limit=3)
        assert page.following is not None
        later = [trade(START + SECOND, "100", "9")]
        stored(tmp_path, {"trade": later}, PERPETUAL)
        rest = data.page("trade", limit=10, after=page.following)
        assert [int(row["quantity"]) for row in rest.rows.to_pylist()] == [4, 5, 9]
        assert rest.following is None


def test_a_page_that_cannot_be_is_refused_and_one_may_be_given_up(tmp_path: Path) -> None:
    class GivenUpError(Exception):
        pass

    def give_up() -> None:
        raise GivenUpError

    with tl.open(stored(tmp_path, {"trade": [trade(START, "100")]})) as data:
        with pytest.raises(ArgumentError, match="limit must be 1"):
            data.page("trade", limit=0)
        with pytest.raises(UnknownNameError, match="no event type"):
            data.page("trades")
        with pytest.raises(UnknownNameError, match="did you mean 'BTC/USDT'"):
            data.page("trade", "BTC/USD")
        with pytest.raises(GivenUpError):
            data.page("trade", check=give_up)
        assert data.page("funding").rows.num_rows == 0
