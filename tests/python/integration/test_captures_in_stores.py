"""Recorded tapes through the normaliser into every store: each number is that of its frame.

What must come is worked out from the frames with ``json`` and ``decimal`` alone, as digits.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

import pyarrow as pa
import pytest

import tapeline as tl
from tapeline.apps.market_normalizers import MarketNormalizers
from tapeline.storage.ports import Message
from tapeline.storage.schema import EVENT_TYPES, schema_of
from tapeline.tape import TapeReader
from tapeline.transport.ports import Message as Sent
from tests.python.accessing import fill
from tests.python.contract.access_stores import Places, kinds, open_store, places
from tests.python.integration.recorded import Row, contract_sizes, expected_of_lines, lines
from tests.python.integration.test_every_capture import CAPTURES, LISTS, TAPES, market_of
from tests.python.storing import as_read

__all__ = ["places"]

KINDS = ("trade", "orderbook", "funding", "liquidation")
STORES = [each for each in kinds() if each.values != ("s3",)]
FIRST_FRAMES = 300
WITH_EVENTS = [tape for tape in TAPES if "_instruments" not in tape and "_http_" not in tape]

Rows = list[dict[str, Any]]

pytestmark = [
    pytest.mark.integration,
    # The first test of a store also waits for its server and for what is put into it.
    pytest.mark.timeout(600),
    pytest.mark.skipif(not TAPES, reason=f"no recorded tapes in {CAPTURES}"),
]


class Wanted(NamedTuple):
    """An event that a frame has, and the time that orders it."""

    kind: str
    exchange: str
    raw_symbol: str
    time: int | None
    facts: dict[str, Any]


class Recording(NamedTuple):
    """The messages that tapes become, and the events of their frames."""

    messages: list[Message]
    wanted: list[Wanted]


def recording_of(tapes: Sequence[str], frames: int | None = None) -> Recording:
    """Clean the first frames of tapes, all frames for None, one tape after the other."""
    sent: list[Sent] = []
    wanted: list[Wanted] = []
    for tape in tapes:
        exchange = tape.partition("_")[0]
        listed = LISTS[exchange]
        instruments = CAPTURES / listed if listed else None
        markets = MarketNormalizers(exchange, market_of(tape), instruments)
        for messages in markets.push(list(islice(TapeReader(CAPTURES / tape), frames))):
            sent += messages
        for messages in markets.finish():
            sent += messages
        sizes = contract_sizes(instruments) if instruments else {}
        read = expected_of_lines(exchange, islice(lines(CAPTURES / tape), frames), sizes)
        wanted += [
            wanted_of(exchange, line, event)
            for line, events in read
            for event in events
            if isinstance(event, Row)
        ]
    return Recording(as_read(sent), wanted)


def wanted_of(exchange: str, line: dict[str, Any], event: Row) -> Wanted:
    time = event.facts["timestamp_ns"]
    facts = {name: digits(value) for name, value in event.facts.items()}
    time = line["recv_ns"] if time is None else time
    return Wanted(event.kind, exchange, event.raw_symbol, time, facts)


def digits(value: Any) -> Any:  # noqa: ANN401 - any cell
    """Write decimals, those of price levels too, as a frame does, but for zeros at the end."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, list):
        return [tuple(map(digits, level)) for level in value]
    return value


def tables_in(kind: str, places: Places, recording: Recording) -> dict[str, pa.Table]:
    """Fill a new store of this kind and load all that it keeps."""
    address = places.new(kind)
    fill(open_store(address), recording.messages, chunks=min(4, len(recording.messages)))
    with tl.open(address) as data:
        (source,) = data._sources
        names = [name for name in EVENT_TYPES if name in source.reader.types()]
        return {name: frame.to_arrow() for name, frame in data.load(types=names).items()}


def compare(recording: Recording, tables: dict[str, pa.Table], *, without_instrument: int) -> None:
    """Hold all rows against the frames' events, instrument by instrument."""
    count = 0
    for kind in KINDS:
        if kind not in tables:
            count += sum(event.kind == kind for event in recording.wanted)
            continue
        found = by_instrument(tables[kind])
        wanted: dict[tuple[str, str], list[Wanted]] = {}
        for event in recording.wanted:
            key = (event.exchange, event.raw_symbol)
            if event.kind == kind and key in found:
                wanted.setdefault(key, []).append(event)
        assert found.keys() == wanted.keys()
        for key, rows in found.items():
            compare_instrument(rows, wanted[key])
            count += len(rows)
    assert count + without_instrument == len(recording.wanted)


def by_instrument(table: pa.Table) -> dict[tuple[str, str], Rows]:
    found: dict[tuple[str, str], Rows] = {}
    for batch in table.to_batches(max_chunksize=4096):
        for row in batch.to_pylist():
            found.setdefault((row["exchange"], row["raw_symbol"]), []).append(row)
    return found


def compare_instrument(rows: Rows, events: list[Wanted]) -> None:
    """Compare rows in the order of an answer: by time, and at one time as the frames came."""
    events = sorted(events, key=lambda event: (event.time is None, event.time or 0))
    assert len(rows) == len(events)
    wanted = [event.facts for event in events]
    found = [facts_of(row, facts) for row, facts in zip(rows, wanted, strict=True)]
    if len({row["market"] for row in rows}) > 1:
        # At one time the markets come one after the other; frames do not say theirs.
        wanted, found = (sorted(each, key=repr) for each in (wanted, found))
    for mine, theirs in zip(found, wanted, strict=True):
        assert mine == theirs


def facts_of(row: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """Return the cells of a row that an event speaks of."""
    found = {name: row[name] for name in facts}
    for side in {"bids", "asks"} & facts.keys():
        found[side] = [(level["price"], level["quantity"]) for level in row[side]]
    return {name: digits(value) for name, value in found.items()}


def assert_same(found: dict[str, pa.Table], first: dict[str, pa.Table]) -> None:
    """Two stores give the same schemas, and the same rows in the same order."""
    for name, table in found.items():
        assert table.schema.equals(schema_of(name), check_metadata=False)
        assert table.combine_chunks().equals(first[name].combine_chunks()), name


def rejected(tables: dict[str, pa.Table]) -> int:
    """Count the quarantined messages, all of which must be of unknown instruments."""
    reasons = tables["quarantine"]["reason"].to_pylist()
    assert set(reasons) <= {"unknown_symbol"}
    return len(reasons)


@cache
def beginnings() -> Recording:
    return recording_of(WITH_EVENTS, FIRST_FRAMES)


@pytest.fixture(scope="module")
def in_parquet(places: Places) -> dict[str, pa.Table]:
    """The answers of the store of files, which keeps all types."""
    return tables_in("parquet", places, beginnings())


@pytest.fixture(scope="module", params=STORES)
def tables(
    request: pytest.FixtureRequest, places: Places, in_parquet: dict[str, pa.Table]
) -> Iterator[dict[str, pa.Table]]:
    if request.param == "parquet":
        yield in_parquet
    else:
        yield tables_in(request.param, places, beginnings())


def test_stored_numbers_are_those_of_the_frames(
    tables: dict[str, pa.Table], in_parquet: dict[str, pa.Table]
) -> None:
    compare(beginnings(), tables, without_instrument=rejected(in_parquet))


def test_all_stores_give_identical_tables(
    tables: dict[str, pa.Table], in_parquet: dict[str, pa.Table]
) -> None:
    assert {"trade", "orderbook", "liquidation"} <= tables.keys()
    assert_same(tables, in_parquet)


def test_the_tapes_have_every_type_of_every_exchange(in_parquet: dict[str, pa.Table]) -> None:
    for kind in KINDS:
        assert set(in_parquet[kind]["exchange"].to_pylist()) == {"binance", "okx", "bybit"}
    markets = {
        (row["exchange"], row["market"])
        for row in in_parquet["trade"].select(["exchange", "market"]).to_pylist()
    }
    assert {name for _, name in markets} >= {"spot", "usdm", "coinm", "swap", "linear"}


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("tape", WITH_EVENTS)
def test_whole_tapes_are_exact_in_every_store(tape: str, places: Places) -> None:
    recording = recording_of([tape])
    first: dict[str, pa.Table] = {}
    for store in STORES:
        found = tables_in(store.values[0], places, recording)
        if not first:
            first = found
            compare(recording, first, without_instrument=rejected(first))
        assert_same(found, first)
