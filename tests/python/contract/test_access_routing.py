"""Several stores answer as one that has everything would."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

import tapeline as tl
from tapeline.access.readers.parquet.reader import ParquetReader
from tapeline.access.routing import ROUTES, Source
from tapeline.access.source import DataSource
from tapeline.apps.access import channel_facts
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.store import ParquetStore
from tapeline.storage.ports import Message
from tapeline.storage.schema import EVENT_TYPES
from tapeline.storage.targets import Kind
from tapeline.telemetry.clock import SystemClock
from tests.python.accessing import answer, fill, market_messages

MESSAGES = market_messages()


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three stores: what came late, what came early, and a part of both; together everything."""
    root = tmp_path_factory.mktemp("routed")
    count, chooser = len(MESSAGES), random.Random(5)
    parts: dict[str, Sequence[Message]] = {
        "recent": MESSAGES[count // 3 :],
        # What it lacks at its end the other one has, and the reverse.
        "history": [*MESSAGES[: count // 3], *chooser.sample(MESSAGES[count // 3 :], count // 3)],
        "third": MESSAGES[::2],
    }
    for name, messages in parts.items():
        fill(ParquetStore(LocalFolder(root / name), clock=SystemClock()), messages, chunks=3)
    return [root / name for name in parts]


def reader(path: Path) -> ParquetReader:
    return ParquetReader(LocalFolder(path), SystemClock())


def test_two_stores_that_overlap_answer_as_one_that_has_everything(stores: list[Path]) -> None:
    recent, history, _ = stores
    sources = [Source(Kind.POSTGRES, reader(recent)), Source(Kind.PARQUET, reader(history))]
    data = DataSource(sources, channel_facts())
    for event_type in EVENT_TYPES:
        found = data.load(types=event_type)[event_type].to_arrow().to_pylist()
        assert found == answer(MESSAGES, event_type).to_pylist()
    start = answer(MESSAGES, "trade")["timestamp_ns"][100].as_py()
    asked = data.load("BTC/USDT", start=start, types="trade").trade.to_arrow().to_pylist()
    expected = answer(MESSAGES, "trade", symbols=["BTC/USDT"], start_ns=start)
    assert asked == expected.to_pylist()


def test_stores_of_one_kind_answer_together(stores: list[Path]) -> None:
    with tl.open([*stores[:2]]) as data:
        found = data.load(types="orderbook").orderbook.to_arrow().to_pylist()
        names = [row["raw_symbol"] for row in data.instruments().to_arrow().to_pylist()]
    assert found == answer(MESSAGES, "orderbook").to_pylist()
    assert len(names) == 16


def test_a_type_is_asked_of_the_two_stores_of_its_route(stores: list[Path]) -> None:
    readers = [reader(path) for path in stores]
    kinds = (Kind.POSTGRES, Kind.PARQUET, Kind.CLICKHOUSE)
    sources = [Source(kind, each) for kind, each in zip(kinds, readers, strict=True)]
    data = DataSource(sources, channel_facts())
    data.load(types="trade").trade.to_arrow()
    assert [each.meter.files > 0 for each in readers] == [True, True, False]
    data.load(types="liquidation").liquidation.to_arrow()
    assert readers[2].meter.files > 0
    assert set(ROUTES) == set(EVENT_TYPES)


def test_a_target_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(tl.SettingsError, match="named twice"):
        tl.open([tmp_path, f"parquet:{tmp_path}"])
    with pytest.raises(tl.SettingsError, match="cache and keeps no history"):
        tl.open("redis://localhost:6379/0")
    with pytest.raises(tl.SettingsError, match="nothing to open"):
        tl.open([])
