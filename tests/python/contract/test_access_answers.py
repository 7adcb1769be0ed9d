"""One answer whichever store gives it: schema, order, values, and what is left out."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

import tapeline as tl
from tapeline.access.ports import Query
from tapeline.access.source import DataSource
from tapeline.storage.schema import EVENT_TYPES, schema_of, stored_schema_of
from tests.python.accessing import (
    answer,
    batches_of,
    fill,
    market_messages,
    order_key,
    stored_rows,
    time_of,
)
from tests.python.contract.access_stores import Places, kinds, open_store, places

__all__ = ["places"]

MESSAGES = market_messages()


@pytest.fixture(scope="module", params=kinds())
def data(request: pytest.FixtureRequest, places: Places) -> Iterator[DataSource]:
    """A store of this kind with all messages, open."""
    address = places.new(request.param)
    fill(open_store(address), MESSAGES)
    with tl.open(address) as opened:
        yield opened


def kept(data: DataSource) -> list[str]:
    """The types the store keeps."""
    (source,) = data._sources
    return [name for name in EVENT_TYPES if name in source.reader.types()]


def middle() -> tuple[int, int]:
    """A time inside the tape."""
    times = sorted(t for row in stored_rows(MESSAGES, "trade") if (t := time_of("trade", row)))
    return times[len(times) // 4], times[3 * len(times) // 4]


def questions() -> list[Any]:
    start, end = middle()
    asked: dict[str, dict[str, Any]] = {
        "everything": {},
        "canonical": {"symbols": ["BTC/USDT"]},
        "raw": {"symbols": ["ETHUSDT"], "market": "spot"},
        "both-spellings": {"symbols": ["BTC/USDT", "ETH-USDT-SWAP"]},
        "exchange": {"exchange": "okx"},
        "from": {"start_ns": start},
        "until": {"end_ns": start},
        "between": {"symbols": ["BTC/USDT"], "start_ns": start, "end_ns": end},
        "one-instant": {"start_ns": start, "end_ns": start + 1},
        "nothing": {"start_ns": end, "end_ns": end + 1, "symbols": ["ETHUSDT"]},
    }
    return [pytest.param(each, id=name) for name, each in asked.items()]


@pytest.mark.parametrize("asked", questions())
def test_an_answer_is_that_of_the_model(data: DataSource, asked: dict[str, Any]) -> None:
    named = {name: value for name, value in asked.items() if not name.endswith("_ns")}
    for event_type in kept(data):
        frames = data.load(
            types=event_type, start=asked.get("start_ns"), end=asked.get("end_ns"), **named
        )
        found = frames[event_type].to_arrow()
        assert found.schema.equals(schema_of(event_type), check_metadata=False)
        assert found.to_pylist() == answer(MESSAGES, event_type, **asked).to_pylist()


def test_a_reader_gives_stored_rows_in_order_with_their_arrival(data: DataSource) -> None:
    (source,) = data._sources
    for event_type in kept(data):
        batches = list(source.reader.read(event_type, Query()))
        for batch in batches:
            assert batch.schema.equals(stored_schema_of(event_type), check_metadata=False)
            batch.validate(full=True)
        rows = [row for batch in batches for row in batch.to_pylist()]
        keys = [order_key(event_type, row) for row in rows]
        assert keys == sorted(keys)
        assert rows == list(stored_rows(MESSAGES, event_type))


def test_only_the_columns_asked_for_come_in_the_order_asked_for(data: DataSource) -> None:
    frame = data.load(types="trade").trade
    names = ["quantity", "timestamp_ns", "symbol"]
    found = frame.to_arrow(names)
    assert found.schema.names == names
    assert found.to_pylist() == answer(MESSAGES, "trade").select(names).to_pylist()
    with pytest.raises(tl.ArgumentError, match="rows must be 0 or more, was -1"):
        data.load(types="trade").trade.head(-1)
    with pytest.raises(tl.ArgumentError, match="expected a name or a list of names, was 5"):
        data.load(5)  # type: ignore[arg-type]
    with pytest.raises(tl.ArgumentError, match="no column 'amount'; there are exchange"):
        frame.to_arrow(["amount"])


def test_decimals_are_the_texts_of_the_frames(data: DataSource) -> None:
    """Every price and quantity, as text, against what the bus carries."""
    expected = {}
    for batch in batches_of(MESSAGES):
        if batch.event_type == "trade":
            events = tl.decode([batch.value], event_type="trade").to_arrow()
            for row in events.to_pylist():
                expected[row["event_id"]] = (f"{row['price']:f}", f"{row['quantity']:f}")
    found = data.load(types="trade").trade.to_polars(["event_id", "price", "quantity"])
    assert found.height == len(expected)
    for event_id, price, quantity in found.iter_rows():
        assert (f"{price:f}", f"{quantity:f}") == expected[event_id]


def test_a_scan_gives_what_a_filter_of_everything_gives(data: DataSource) -> None:
    start, end = middle()
    frame = data.load(types="trade").trade
    everything = frame.to_polars()
    conditions = {
        "time": (pl.col("timestamp_ns") >= start) & (pl.col("timestamp_ns") < end),
        "between": pl.col("timestamp_ns").is_between(start, end, closed="none"),
        "name": (pl.col("raw_symbol") == "BTCUSDT") & (pl.col("exchange") == "binance"),
        "mirrored": (pl.lit(start) < pl.col("timestamp_ns")) & (pl.col("symbol") == "ETH/USDT"),
        "either": (pl.col("timestamp_ns") < start) | (pl.col("timestamp_ns") > end),
        "other": (pl.col("side") == "buy") & (pl.col("symbol") != "BTC/USDT"),
        "never": pl.col("symbol") == "DOGE/USDT",
    }
    for name, condition in conditions.items():
        found = frame.scan().filter(condition).collect()
        assert found.equals(everything.filter(condition)), name
    counted = frame.scan().group_by("symbol").len().sort("symbol").collect()
    assert counted.equals(everything.group_by("symbol").len().sort("symbol"))
    assert frame.scan().head(3).collect().equals(everything.head(3))


def test_instruments_are_all_there_with_their_types(data: DataSource) -> None:
    expected: dict[tuple[str, ...], set[str]] = {}
    for event_type in kept(data):
        for row in stored_rows(MESSAGES, event_type):
            name = tuple(row[each] for each in ("exchange", "market", "symbol", "raw_symbol"))
            if row["raw_symbol"] is not None:
                expected.setdefault(name, set()).add(event_type)
    found = data.instruments().to_arrow().to_pylist()
    names = [(row["exchange"], row["market"], row["raw_symbol"]) for row in found]
    assert names == sorted(names)
    assert {
        tuple(row[each] for each in ("exchange", "market", "symbol", "raw_symbol")): set(
            row["types"]
        )
        for row in found
    } == expected
    for row in found:
        assert row["types"] == [name for name in EVENT_TYPES if name in row["types"]]
        times = [
            time
            for event_type in row["types"]
            for each in stored_rows(MESSAGES, event_type)
            if (each["exchange"], each["market"], each["raw_symbol"])
            == (row["exchange"], row["market"], row["raw_symbol"])
            and (time := time_of(event_type, each)) is not None
        ]
        # To the nanosecond: what is said about an instrument's end rests on it.
        assert (row["first_ns"], row["last_ns"]) == (min(times), max(times))


def test_the_tape_has_what_the_suite_is_about() -> None:
    counts = {name: len(stored_rows(MESSAGES, name)) for name in EVENT_TYPES}
    assert min(counts.values()) > 20
    assert None in [time_of("quarantine", row) for row in stored_rows(MESSAGES, "quarantine")]
    assert None in [row["timestamp_ns"] for row in stored_rows(MESSAGES, "orderbook")]
    assert len({row["exchange"] for row in stored_rows(MESSAGES, "trade")}) == 3


def test_the_dates_and_exchanges_of_a_type_are_those_of_its_rows(data: DataSource) -> None:
    (source,) = data._sources
    for event_type in kept(data):
        rows = stored_rows(MESSAGES, event_type)
        times = {time_of(event_type, row) for row in rows}
        seconds = [time // 10**9 for time in times if time is not None]
        days = {f"{datetime.fromtimestamp(each, UTC):%Y-%m-%d}" for each in seconds}
        expected = [*sorted(days), *(["unknown"] if None in times else [])]
        assert source.reader.dates(event_type) == expected
        named = source.reader.exchanges(event_type)
        assert named == sorted(named)
        assert {row["exchange"] for row in rows} <= set(named)


def test_rows_without_a_time_can_be_asked_for_alone(data: DataSource) -> None:
    (source,) = data._sources
    for event_type in kept(data):
        wanted = [
            row for row in stored_rows(MESSAGES, event_type) if time_of(event_type, row) is None
        ]
        batches = source.reader.read(event_type, Query(only_timeless=True))
        assert [row for batch in batches for row in batch.to_pylist()] == wanted


def test_a_replay_is_in_one_order_of_time(data: DataSource) -> None:
    types = [name for name in kept(data) if name not in ("quarantine", "coverage")]
    found = []
    for batch in data.stream(types, batch_rows=50):
        assert 0 < batch.rows.num_rows <= 50
        found += [(batch.type, row) for row in batch.rows.to_pylist()]
    times = [time_of(name, row) for name, row in found]
    places = [
        (time is None, time or 0, EVENT_TYPES.index(name))
        for (name, _), time in zip(found, times, strict=True)
    ]
    assert places == sorted(places)
    for event_type in types:
        rows = [row for name, row in found if name == event_type]
        assert rows == answer(MESSAGES, event_type).to_pylist()


def test_an_answer_feeds_any_arrow_library(data: DataSource) -> None:
    frame = data.load("BTC/USDT", types="trade").trade
    table = pa.RecordBatchReader.from_stream(frame).read_all()
    assert table.equals(frame.to_arrow())
    assert pl.DataFrame(frame).equals(frame.to_polars())
