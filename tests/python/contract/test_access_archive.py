"""An archive answers as the store it was made from, while it is replaced as well."""

from pathlib import Path

import pyarrow as pa
import pytest

import tapeline as tl
from tapeline.access.opening import open_reader
from tapeline.apps.archive_job import ArchiveJob
from tapeline.storage.archive.archive import open_archive
from tapeline.storage.archive.place import LocalPlace
from tapeline.storage.parquet.compaction import Compactor
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.schema import EVENT_TYPES
from tapeline.storage.targets import parse_target
from tests.python.archiving import DAY_NS, JANUARY_NS, SetClock, coverage, trade, write

IN_APRIL = SetClock(JANUARY_NS + 100 * DAY_NS)


def archived(store: Path, out: Path, layout: str, *, again: tuple[str, ...] = ()) -> None:
    reader = open_reader(parse_target(f"parquet:{store}"))
    with open_archive(LocalPlace(out), IN_APRIL, layout=layout) as archive:
        list(ArchiveJob(reader, archive, IN_APRIL, again=again).run(EVENT_TYPES))
    reader.close()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Trades of three months and two exchanges."""
    rows = [
        trade(number, JANUARY_NS + number * DAY_NS // 10, exchange=("binance", "okx")[number % 2])
        for number in range(900)
    ]
    write(tmp_path / "store", {"trade": rows[::3]}, {"trade": rows[1::3]}, {"trade": rows[2::3]})
    return tmp_path / "store"


@pytest.mark.parametrize("layout", ["time", "exchange"])
def test_an_archive_gives_the_answers_of_its_store(
    store: Path, tmp_path: Path, layout: str
) -> None:
    archived(store, tmp_path / "out", layout)
    live, kept = tl.open(store), tl.open(tmp_path / "out")
    asked = [
        {},
        {"exchange": "okx"},
        {"start": "2024-01-20", "end": "2024-02-10"},
        {"symbols": "BTC/USDT", "start": "2024-03-01"},
    ]
    for each in asked:
        expected = live.load(types="trade", **each).trade.to_arrow()
        assert expected.num_rows > 0
        assert kept.load(types="trade", **each).trade.to_arrow().equals(expected)
    assert kept.instruments().to_arrow().num_rows == 2
    both = tl.open([store, tmp_path / "out"])
    assert both.load(types="trade").trade.to_arrow().num_rows == 900


def test_a_month_that_is_archived_again_while_it_is_read(store: Path, tmp_path: Path) -> None:
    archived(store, tmp_path / "out", "time")
    frame = tl.open(tmp_path / "out").load(types="trade").trade
    batches = frame.batches()
    found = [next(batches)]
    late = trade(5000, JANUARY_NS + 45 * DAY_NS)
    write(store, {"trade": [late]})
    archived(store, tmp_path / "out", "time", again=("2024-02",))
    found += batches
    times = pa.Table.from_batches(found)["timestamp_ns"].to_pylist()
    assert times == sorted(times)
    assert len(times) == 901


def test_what_ended_is_not_said_to_go_on_because_others_do(tmp_path: Path) -> None:
    first = [coverage(0, JANUARY_NS, JANUARY_NS, raw_symbol=name) for name in ("BTCUSDT", "X")]
    ended = [trade(number, JANUARY_NS + number) | {"raw_symbol": "X"} for number in range(20)]
    later = [trade(number, JANUARY_NS + number * DAY_NS // 100) for number in range(20, 90)]
    write(tmp_path / "store", {"coverage": first, "trade": ended + later[:35]})
    write(tmp_path / "store", {"trade": later[35:]})

    def end_of_what_is_known(place: Path) -> list[int | None]:
        with tl.open(place) as data:
            frames = data.load("X", end=JANUARY_NS + DAY_NS // 2, types="trade")
            rows = frames.coverage.holes.to_arrow().to_pylist()
        return [row["start_ns"] for row in rows if row["kind"] == "after"]

    assert end_of_what_is_known(tmp_path / "store") == [JANUARY_NS + 19]
    Compactor(LocalFolder(tmp_path / "store"), clock=IN_APRIL).run()
    assert len(list((tmp_path / "store/trade").rglob("*.parquet"))) == 1
    assert end_of_what_is_known(tmp_path / "store") == [JANUARY_NS + 19]
    archived(tmp_path / "store", tmp_path / "out", "time")
    assert end_of_what_is_known(tmp_path / "out") == [JANUARY_NS + 19]
