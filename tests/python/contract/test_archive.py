"""The archive of months: complete, readable by anybody, never poorer than before."""

import csv
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from tapeline.access.opening import open_reader
from tapeline.access.ports import Query
from tapeline.apps.archive_derived import write_funding_texts, write_klines
from tapeline.apps.archive_job import ArchiveJob, Done, months_of
from tapeline.apps.cli import main
from tapeline.apps.klines import coarser
from tapeline.errors import (
    SettingsError,
    StoreConflictError,
    StoreFormatError,
    StoreUnavailableError,
)
from tapeline.storage.archive.archive import Archive, open_archive
from tapeline.storage.archive.layout import MANIFEST, manifest_of
from tapeline.storage.archive.place import LocalPlace
from tapeline.storage.schema import EVENT_TYPES, LOG_OFFSET, stored_schema_of
from tapeline.storage.targets import parse_target
from tapeline.storage.verifying import sha256_at
from tests.python.archiving import (
    DAY_NS,
    JANUARY_NS,
    MINUTE_NS,
    SetClock,
    coverage,
    funding,
    trade,
    write,
)
from tests.python.contract.test_parquet_store import file_size_limit

IN_FEBRUARY = SetClock(JANUARY_NS + 40 * DAY_NS)


@contextmanager
def opened(root: Path, layout: str | None = None) -> Iterator[Archive]:
    with open_archive(LocalPlace(root), IN_FEBRUARY, layout=layout) as archive:
        yield archive


def archive(
    store: Path, out: Path, *, again: tuple[str, ...] = (), layout: str | None = None
) -> list[Done]:
    reader = open_reader(parse_target(f"parquet:{store}"))
    with opened(out, layout) as archive:
        done = list(ArchiveJob(reader, archive, IN_FEBRUARY, again=again).run(EVENT_TYPES))
        done += write_klines(archive, reader)
        list(write_funding_texts(archive, {each.file.path for each in done if each.file}))
    reader.close()
    return done


def numbers(path: Path) -> list[int]:
    found: list[int] = pq.read_table(path)[LOG_OFFSET].to_pylist()
    return found


def two_months(store: Path) -> None:
    january = [trade(number, JANUARY_NS + number * 9 * MINUTE_NS) for number in range(300)]
    later = JANUARY_NS + 35 * DAY_NS
    february = [trade(500 + number, later + number * MINUTE_NS) for number in range(50)]
    other = [trade(900, JANUARY_NS + 5, exchange="okx")]
    write(store, {"trade": january[:150]}, {"trade": january[150:] + february}, {"trade": other})


def test_months_are_files_that_plain_readers_read_exactly(tmp_path: Path) -> None:
    two_months(tmp_path / "store")
    done = archive(tmp_path / "store", tmp_path / "out")
    months = {(each.type, each.month): each.file for each in done}
    january = months["trade", "2024-01"]
    assert january is not None
    assert january.path == "2024/Q1/trades_202401.parquet"
    path = tmp_path / "out" / january.path
    table = pq.read_table(path)
    assert table.schema.equals(stored_schema_of("trade"))
    assert table[LOG_OFFSET].to_pylist() == [0, 900, *range(1, 300)]
    assert pl.read_parquet(path)["price"].to_list() == [Decimal("100.5")] * 301
    assert {pq.ParquetFile(path).metadata.row_group(0).column(0).compression} == {"ZSTD"}
    assert (january.rows, january.is_final) == (301, True)
    assert sum(january.days.values()) == 301
    assert january.sha256 == sha256_at(LocalPlace(tmp_path / "out").folder, january.path)
    assert (january.time_min_ns, january.time_max_ns) == (
        JANUARY_NS,
        JANUARY_NS + 299 * 9 * MINUTE_NS,
    )
    february = months["trade", "2024-02"]
    assert february is not None
    assert not february.is_final


def test_by_exchange_each_exchange_has_its_files_and_the_layout_stays(tmp_path: Path) -> None:
    two_months(tmp_path / "store")
    archive(tmp_path / "store", tmp_path / "out", layout="exchange")
    folder = tmp_path / "out" / "by_exchange"
    assert numbers(folder / "okx" / "trades_202401.parquet") == [900]
    assert numbers(folder / "binance" / "trades_202401.parquet") == list(range(300))
    with pytest.raises(SettingsError, match="has the layout 'exchange'"):
        archive(tmp_path / "store", tmp_path / "out", layout="time")


def test_a_second_run_leaves_what_is_final_and_completes_what_is_not(tmp_path: Path) -> None:
    two_months(tmp_path / "store")
    archive(tmp_path / "store", tmp_path / "out")
    late = JANUARY_NS + 36 * DAY_NS
    write(tmp_path / "store", {"trade": [trade(700, late), trade(701, JANUARY_NS + 3)]})
    done = {(each.type, each.month): each.outcome for each in archive_again(tmp_path)}
    assert done["trade", "2024-01"] == "kept"
    assert done["trade", "2024-02"] == "written"
    february = tmp_path / "out/2024/Q1/trades_202402.parquet"
    assert numbers(february) == [*range(500, 550), 700]
    # The late row of a final month comes when it is asked for.
    archive(tmp_path / "store", tmp_path / "out", again=("2024-01",))
    assert 701 in numbers(tmp_path / "out/2024/Q1/trades_202401.parquet")


def archive_again(tmp_path: Path) -> list[Done]:
    return archive(tmp_path / "store", tmp_path / "out")


def test_rows_the_store_has_lost_stay_in_the_archive(tmp_path: Path) -> None:
    two_months(tmp_path / "store")
    gap = coverage(1, JANUARY_NS, JANUARY_NS + 5)
    write(tmp_path / "store", {"coverage": [gap]})
    archive(tmp_path / "store", tmp_path / "out")
    # Another store has a part of the same rows, and one more.
    write(
        tmp_path / "part",
        {
            "trade": [trade(7, JANUARY_NS + 63 * MINUTE_NS), trade(777, JANUARY_NS + 9)],
            "coverage": [gap, coverage(2, JANUARY_NS, JANUARY_NS + 6)],
        },
    )
    archive(tmp_path / "part", tmp_path / "out", again=("2024-01",))
    found = numbers(tmp_path / "out/2024/Q1/trades_202401.parquet")
    assert sorted(found) == [*range(300), 777, 900]
    assert numbers(tmp_path / "out/2024/Q1/coverage_202401.parquet") == [1, 2]


def test_of_rows_with_one_event_id_the_first_is_archived(tmp_path: Path) -> None:
    row = trade(1, JANUARY_NS)
    write(tmp_path / "store", {"trade": [row]}, {"trade": [row | {LOG_OFFSET: 5}]})
    archive(tmp_path / "store", tmp_path / "out")
    assert numbers(tmp_path / "out/2024/Q1/trades_202401.parquet") == [1]


def test_klines_are_exact_and_graded(tmp_path: Path) -> None:
    rows = [
        trade(1, JANUARY_NS + 1, price="10.000000000000000001", quantity="2"),
        trade(2, JANUARY_NS + 2, price="12", quantity="0.5", side="sell"),
        trade(3, JANUARY_NS + MINUTE_NS - 1, price="9", quantity="1", side=None),
        trade(4, JANUARY_NS + MINUTE_NS, price="11", quantity="1"),
        trade(5, JANUARY_NS + 4 * MINUTE_NS, price="1.0000000001", quantity="0.0000000001"),
    ]
    gaps = [
        coverage(1, JANUARY_NS + 30, JANUARY_NS + MINUTE_NS + 4, kind="gap_opened"),
        coverage(2, JANUARY_NS + 31, JANUARY_NS + 32, kind="gap_opened")
        | {"first_id": 50, "last_id": 60},
        coverage(3, JANUARY_NS + 31, JANUARY_NS + 32, kind="gap_filled")
        | {"first_id": 50, "last_id": 60},
        coverage(4, JANUARY_NS, JANUARY_NS + 9, kind="gap_opened", raw_symbol="ETHUSDT"),
    ]
    write(tmp_path / "store", {"trade": rows, "coverage": gaps})
    archive(tmp_path / "store", tmp_path / "out")
    klines = pq.read_table(tmp_path / "out/2024/Q1/klines_1m_202401.parquet")
    first, second, third = klines.to_pylist()
    assert [each["start_ns"] - JANUARY_NS for each in (first, second, third)] == [
        0,
        MINUTE_NS,
        4 * MINUTE_NS,
    ]
    assert first | {"start_ns": 0} == {
        "exchange": "binance",
        "market": "spot",
        "symbol": "BTC/USDT",
        "raw_symbol": "BTCUSDT",
        "interval_ns": MINUTE_NS,
        "start_ns": 0,
        "open": Decimal("10.000000000000000001"),
        "high": Decimal(12),
        "low": Decimal(9),
        "close": Decimal(9),
        "volume": Decimal("3.5"),
        "notional": Decimal("35.000000000000000002"),
        "trades": 3,
        "taker_buy_volume": Decimal(2),
        "gaps": 1,
    }
    assert (second["gaps"], third["gaps"]) == (1, 0)
    # 20 decimal places do not fit, and nothing is rounded.
    assert third["notional"] is None
    hour = coarser(klines, 60 * MINUTE_NS).to_pylist()
    assert [(each["open"], each["close"], each["trades"]) for each in hour] == [
        (Decimal("10.000000000000000001"), Decimal("1.0000000001"), 5)
    ]
    assert hour[0]["notional"] is None
    assert hour[0]["volume"] == Decimal("4.5000000001")


def test_trades_of_38_digits_end_neither_the_job_nor_other_klines(tmp_path: Path) -> None:
    largest = "99999999999999999999.999999999999999999"
    rows = [
        trade(1, JANUARY_NS, price=largest, quantity=largest),
        trade(2, JANUARY_NS + 1, price="2", quantity=largest),
        trade(3, JANUARY_NS + MINUTE_NS, price=largest, quantity="0.5", side="sell"),
        trade(4, JANUARY_NS + 2 * MINUTE_NS, price="9000000000000000000", quantity="8"),
        trade(5, JANUARY_NS + 3 * MINUTE_NS, price="2", quantity="3"),
        trade(6, JANUARY_NS + 4 * MINUTE_NS, price="1", quantity=largest),
        trade(7, JANUARY_NS + 5 * MINUTE_NS, price="1", quantity=largest),
    ]
    write(tmp_path / "store", {"trade": rows})
    archive(tmp_path / "store", tmp_path / "out")
    klines = pq.read_table(tmp_path / "out/2024/Q1/klines_1m_202401.parquet")
    found = [
        (each["high"], each["volume"], each["taker_buy_volume"], each["notional"], each["trades"])
        for each in klines.to_pylist()
    ]
    whole = Decimal(largest)
    # What has no room is not known; nothing wraps around, nothing is cut.
    assert found == [
        (whole, None, None, None, 2),
        (whole, Decimal("0.5"), Decimal(0), None, 1),
        (Decimal(9 * 10**18), Decimal(8), Decimal(8), Decimal(72 * 10**18), 1),
        (Decimal(2), Decimal(3), Decimal(3), Decimal(6), 1),
        (Decimal(1), whole, whole, None, 1),
        (Decimal(1), whole, whole, None, 1),
    ]
    (hour,) = coarser(klines.slice(2), 60 * MINUTE_NS).to_pylist()
    assert (hour["volume"], hour["notional"], hour["trades"]) == (None, None, 4)
    (hour,) = coarser(klines.slice(2, 2), 60 * MINUTE_NS).to_pylist()
    assert (hour["volume"], hour["notional"]) == (Decimal(11), Decimal(72 * 10**18 + 6))


def test_klines_equal_a_plain_computation_across_row_groups(tmp_path: Path) -> None:
    chance = random.Random(3)
    rows = [
        trade(
            number,
            JANUARY_NS + number * 700_000_000,
            symbol=chance.choice(("A/B", "C/D")),
            price=f"{chance.randrange(1, 10**6)}.{chance.randrange(10**8):08d}",
            quantity=f"0.{chance.randrange(1, 10**8):08d}",
        )
        for number in range(2000)
    ]
    write(tmp_path / "store", {"trade": sorted(rows, key=lambda row: str(row["symbol"]))})
    archive(tmp_path / "store", tmp_path / "out")
    expected: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in rows:
        minute = row["timestamp_ns"] // MINUTE_NS * MINUTE_NS
        expected.setdefault((minute, row["symbol"]), []).append(row)
    klines = pq.read_table(tmp_path / "out/2024/Q1/klines_1m_202401.parquet").to_pylist()
    assert [(each["start_ns"], each["symbol"]) for each in klines] == sorted(expected)
    for each in klines:
        some = expected[each["start_ns"], each["symbol"]]
        prices = [row["price"] for row in some]
        assert (each["open"], each["close"]) == (prices[0], prices[-1])
        assert (each["high"], each["low"]) == (max(prices), min(prices))
        assert each["notional"] == sum(row["price"] * row["quantity"] for row in some)


def test_funding_is_text_too_with_every_digit(tmp_path: Path) -> None:
    rows = [funding(1, JANUARY_NS), funding(2, JANUARY_NS + 8, "-0.00000001")]
    write(tmp_path / "store", {"funding": [*rows, funding(3, JANUARY_NS + 9) | {"rate": None}]})
    archive(tmp_path / "store", tmp_path / "out")
    text = (tmp_path / "out/funding/binance/funding_202401.csv").read_text()
    found = list(csv.DictReader(text.splitlines()))
    assert [row["rate"] for row in found] == ["0.000100000000000001", "-0.00000001", ""]
    assert found[1]["time"] == "2024-01-01T00:00:00.000000008Z"
    assert found[1]["timestamp_ns"] == str(JANUARY_NS + 8)
    assert (found[0]["mark_price"], found[0]["index_price"]) == ("50000.1", "")


def test_a_full_disk_leaves_the_archive_as_it_was(tmp_path: Path) -> None:
    two_months(tmp_path / "store")
    with file_size_limit(3000), pytest.raises(StoreUnavailableError, match="cannot write"):
        archive(tmp_path / "store", tmp_path / "out")
    assert not list((tmp_path / "out").rglob("*.parquet"))
    archive(tmp_path / "store", tmp_path / "out")
    assert len(numbers(tmp_path / "out/2024/Q1/trades_202401.parquet")) == 301


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    two_months(tmp_path / "store")
    with opened(tmp_path / "out"), pytest.raises(StoreConflictError, match="another archive run"):
        archive(tmp_path / "store", tmp_path / "out")


def test_a_file_that_was_put_in_place_and_not_named_is_verified_and_named(tmp_path: Path) -> None:
    two_months(tmp_path / "store")
    archive(tmp_path / "store", tmp_path / "out")
    before = (tmp_path / "out" / MANIFEST).read_bytes()
    write(tmp_path / "store", {"trade": [trade(700, JANUARY_NS + 36 * DAY_NS)]})
    archive(tmp_path / "store", tmp_path / "out")
    # As if killed between the rename and the manifest.
    (tmp_path / "out" / MANIFEST).write_bytes(before)
    with opened(tmp_path / "out") as again:
        file = again.manifest.files["trade", "2024-02", ""]
    assert file.rows == 51
    (tmp_path / "out" / MANIFEST).unlink()
    archive(tmp_path / "store", tmp_path / "out")
    assert len(numbers(tmp_path / "out/2024/Q1/trades_202402.parquet")) == 51


def test_a_damaged_archive_file_is_named(tmp_path: Path) -> None:
    two_months(tmp_path / "store")
    archive(tmp_path / "store", tmp_path / "out")
    path = tmp_path / "out/2024/Q1/trades_202401.parquet"
    content = bytearray(path.read_bytes())
    path.write_bytes(content[:-100])
    with pytest.raises(StoreFormatError, match=r"trades_202401\.parquet is damaged"):
        archive(tmp_path / "store", tmp_path / "out")
    path.write_text("not ours")
    with pytest.raises(StoreFormatError, match=r"trades_202401"):
        archive(tmp_path / "store", tmp_path / "out")


_KILLED = """
import sys
from pathlib import Path
from tests.python.contract.test_archive import archive
print("ready", flush=True)
while True:
    archive(Path(sys.argv[1]), Path(sys.argv[2]), again=("2024-01",))
"""


@pytest.mark.timeout(600)
def test_kill_minus_nine_at_any_instant_leaves_an_archive_that_goes_on(tmp_path: Path) -> None:
    two_months(tmp_path / "store")
    chance = random.Random(7)
    root = Path(__file__).parents[3]
    for _ in range(2):
        with subprocess.Popen(
            [sys.executable, "-c", _KILLED, str(tmp_path / "store"), str(tmp_path / "out")],
            stdout=subprocess.PIPE,
            cwd=root,
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0.05, 0.6))
            process.send_signal(signal.SIGKILL)
        for path in (tmp_path / "out").rglob("trades_*.parquet"):
            if ".tapeline-staging" not in path.parts:
                assert pq.read_table(path).num_rows in (301, 50)
    archive(tmp_path / "store", tmp_path / "out")
    manifest = manifest_of("m", (tmp_path / "out" / MANIFEST).read_bytes())
    for file in manifest.files.values():
        assert sha256_at(LocalPlace(tmp_path / "out").folder, file.path) == file.sha256
    assert not list((tmp_path / "out" / ".tapeline-staging").iterdir())


def test_the_command_archives_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two_months(tmp_path / "store")
    with pytest.raises(SystemExit) as ended:
        main(
            [
                "archive",
                "parquet",
                f"parquet:{tmp_path / 'store'}",
                "--out",
                str(tmp_path / "o"),
                "--json",
            ]
        )
    assert ended.value.code == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["type"], each["month"], each["rows"]) for each in said] == [
        ("trade", "2024-01", 301),
        ("trade", "2024-02", 50),
        ("kline", "2024-01", said[2]["rows"]),
        ("kline", "2024-02", 50),
    ]
    with pytest.raises(SystemExit) as ended:
        main(["archive", "stats", str(tmp_path / "o"), "--check"])
    assert ended.value.code == 0
    assert "351" not in capsys.readouterr().err
    (tmp_path / "o" / said[0]["path"]).write_text("x")
    with pytest.raises(SystemExit) as ended:
        main(["archive", "stats", str(tmp_path / "o"), "--check"])
    assert ended.value.code == 1
    assert "NO" in capsys.readouterr().out


def test_a_damaged_file_of_the_store_is_not_archived_with_other_values(tmp_path: Path) -> None:
    write(tmp_path / "store", {"trade": [trade(n, JANUARY_NS + n) for n in range(200)]})
    (path,) = (tmp_path / "store/trade").rglob("*.parquet")
    source = f"parquet:{tmp_path / 'store'}"
    whole = path.read_bytes()
    place = pq.read_metadata(path).row_group(0).column(0).data_page_offset
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    reader = open_reader(parse_target(source), is_checked=True)
    with opened(tmp_path / "out") as kept, pytest.raises(StoreFormatError, match="not the file"):
        list(ArchiveJob(reader, kept, IN_FEBRUARY).run(["trade"]))
    assert not list((tmp_path / "out").rglob("trades_*.parquet"))
    path.write_bytes(whole)
    with opened(tmp_path / "out") as kept:
        (done,) = ArchiveJob(reader, kept, IN_FEBRUARY).run(["trade"])
    assert done.file is not None
    assert done.file.rows == 200


@pytest.mark.parametrize("words", [["--again", "2024-13"], ["--again", "01/2024"]])
def test_a_month_that_is_none_is_refused(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    two_months(tmp_path / "store")
    target = f"parquet:{tmp_path / 'store'}"
    with pytest.raises(SystemExit) as ended:
        main(["archive", "parquet", target, "--out", str(tmp_path / "o"), *words])
    assert ended.value.code == 2
    assert "a month is written 2024-01" in capsys.readouterr().err


def test_klines_of_a_symbol_that_is_not_there_are_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two_months(tmp_path / "store")
    archive(tmp_path / "store", tmp_path / "out")
    with pytest.raises(SystemExit) as ended:
        main(["archive", "klines", str(tmp_path / "out"), "--symbols", "NOPE"])
    assert ended.value.code == 2
    assert "no klines of NOPE" in capsys.readouterr().err


@pytest.mark.parametrize("layout", ["time", "exchange"])
def test_an_archive_is_opened_as_a_store_and_answers_the_same(tmp_path: Path, layout: str) -> None:
    two_months(tmp_path / "store")
    gap = coverage(1, JANUARY_NS, JANUARY_NS + 5)
    write(tmp_path / "store", {"coverage": [gap], "funding": [funding(1, JANUARY_NS)]})
    archive(tmp_path / "store", tmp_path / "out", layout=layout)
    store, archived = (
        open_reader(parse_target(f"parquet:{tmp_path / name}")) for name in ("store", "out")
    )
    names = ["exchange", "market", "symbol", "raw_symbol", "types"]
    assert archived.instruments().select(names).equals(store.instruments().select(names))
    query = Query(symbols=("BTC/USDT",), start_ns=JANUARY_NS, end_ns=JANUARY_NS + 36 * DAY_NS)
    for event_type in EVENT_TYPES:
        assert archived.dates(event_type) == store.dates(event_type)
        for wanted in (query, Query()):
            answers = [
                [row for batch in reader.read(event_type, wanted) for row in batch.to_pylist()]
                for reader in (store, archived)
            ]
            assert answers[0] == answers[1]


def test_the_months_of_dates_are_named_once() -> None:
    dates = ["1970-01-01", "2023-12-31", "2024-01-01", "2024-01-09", "unknown"]
    assert months_of(dates) == ["1970-01", "2023-12", "2024-01", "unknown"]


def test_a_folder_of_somebody_else_for_files_to_be_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "out" / ".staging" / "mine.parquet"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"PAR1")
    two_months(tmp_path / "store")
    archive(tmp_path / "store", tmp_path / "out")
    assert mine.exists()
