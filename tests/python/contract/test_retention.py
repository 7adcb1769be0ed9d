"""Retention: what is old goes, and only what the archive really has."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tapeline.access.opening import open_reader
from tapeline.apps.archive_check import ArchiveCheck
from tapeline.apps.cli import main
from tapeline.apps.retention_job import Verdict, enforce, judge
from tapeline.apps.settings import RetentionSettings
from tapeline.errors import SettingsError, StoreConflictError, StoreUnavailableError
from tapeline.storage.archive.place import LocalPlace
from tapeline.storage.parquet.compaction import Compactor
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.thinning import ParquetThinner
from tapeline.storage.schema import LOG_OFFSET
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import SystemClock
from tests.python.archiving import DAY_NS, JANUARY_NS, SetClock, book, funding, trade, write
from tests.python.contract.test_archive import archive
from tests.python.contract.test_parquet_store import file_size_limit
from tests.python.storing import stored

NOW = SetClock(JANUARY_NS + 40 * DAY_NS + 5)


def fill(root: Path) -> None:
    """40 days: a trade every six hours, funding, and books with a snapshot a day."""
    quarter = DAY_NS // 4
    write(
        root,
        {
            "trade": [trade(place, JANUARY_NS + place * quarter) for place in range(160)],
            "funding": [funding(place, JANUARY_NS + place * DAY_NS) for place in range(40)],
            "orderbook": [
                book(
                    place,
                    JANUARY_NS + place * quarter,
                    action="snapshot" if place % 4 in (0, 1) else "delta",
                    depth=1 if place % 4 == 1 else 2,
                )
                for place in range(160)
            ],
        },
    )


def run(root: Path, out: Path | None, *, dry_run: bool = False) -> dict[str, Verdict]:
    thinner = ParquetThinner(LocalFolder(root), clock=SystemClock(), grace_s=0)
    reader = open_reader(parse_target(f"parquet:{root}"))
    thinner.begin()
    limits = RetentionSettings().by_type()
    if out is None:
        verdicts = judge(reader, thinner, None, limits, NOW)
    else:
        with ArchiveCheck(LocalPlace(out)) as check:
            verdicts = judge(reader, thinner, check, limits, NOW)
    if not dry_run:
        enforce(thinner, verdicts)
    return {verdict.type: verdict for verdict in verdicts}


def offsets(root: Path, event_type: str = "trade") -> list[int]:
    return sorted(stored(root, event_type)[LOG_OFFSET].to_pylist())


def test_old_rows_go_once_the_archive_has_them_and_snapshots_stay(tmp_path: Path) -> None:
    fill(tmp_path / "store")
    archive(tmp_path / "store", tmp_path / "out")
    found = run(tmp_path / "store", tmp_path / "out")
    # 30 whole days of trades stay, and the day that has begun.
    assert offsets(tmp_path / "store") == list(range(40, 160))
    assert (found["trade"].rows, found["trade"].kept) == (40, None)
    assert (found["trade"].first_ns, found["trade"].before_ns) == (
        JANUARY_NS,
        JANUARY_NS + 10 * DAY_NS,
    )
    books = stored(tmp_path / "store", "orderbook").to_pylist()
    kinds = Counter(
        (row["action"], row["depth"], row["timestamp_ns"] >= JANUARY_NS + 33 * DAY_NS)
        for row in books
    )
    assert kinds == {
        ("snapshot", 2, False): 33,
        ("snapshot", 2, True): 7,
        ("snapshot", 1, True): 7,
        ("delta", 2, True): 14,
    }
    assert len(offsets(tmp_path / "store", "funding")) == 40
    assert set(found) == {"trade", "orderbook"}
    # Again: nothing is due, and nothing is written anew.
    commits = len(list((tmp_path / "store/_log").iterdir()))
    again = run(tmp_path / "store", tmp_path / "out")
    assert [verdict.rows for verdict in again.values()] == [0, 0]
    assert len(list((tmp_path / "store/_log").iterdir())) == commits
    # The archive has everything, and a run of it loses nothing.
    archive(tmp_path / "store", tmp_path / "out", again=("2024-01",))
    assert pq.read_table(tmp_path / "out/2024/Q1/trades_202401.parquet").num_rows == 124
    assert pq.read_table(tmp_path / "out/2024/Q1/orderbook_202401.parquet").num_rows == 124


def test_a_dry_run_says_the_same_and_changes_nothing(tmp_path: Path) -> None:
    fill(tmp_path / "store")
    archive(tmp_path / "store", tmp_path / "out")
    left = tmp_path / "store/trade/date=2024-01-01/trade-2024-01-01-00000001-0-dead.parquet.new"
    left.write_bytes(b"PAR1")
    os.utime(left, (0, 0))
    before = files_of(tmp_path)
    found = run(tmp_path / "store", tmp_path / "out", dry_run=True)
    assert (found["trade"].rows, found["orderbook"].rows) == (40, 99)
    assert found["trade"].bytes
    assert files_of(tmp_path) == before
    run(tmp_path / "store", tmp_path / "out")
    assert not left.exists()


def files_of(root: Path) -> dict[Path, bytes]:
    return {each: each.read_bytes() for each in root.rglob("*") if each.is_file()}


@pytest.mark.parametrize("words", [[], ["--dry-run"]])
def test_an_archive_is_no_store_to_take_rows_out_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    fill(tmp_path / "store")
    archive(tmp_path / "store", tmp_path / "out")
    for each in (tmp_path / "out").rglob("*.parquet"):
        os.utime(each, (0, 0))
    before = files_of(tmp_path / "out")
    with pytest.raises(SystemExit) as ended:
        main(["retention", f"parquet:{tmp_path / 'out'}", *words])
    assert ended.value.code == 1
    assert "holds no Parquet store" in capsys.readouterr().err
    assert files_of(tmp_path / "out") == before


def test_an_archive_has_a_folder_of_its_own(tmp_path: Path) -> None:
    fill(tmp_path / "store")
    with pytest.raises(SettingsError, match="a folder of its own"):
        archive(tmp_path / "store", tmp_path / "store")


def test_without_an_archive_nothing_goes(tmp_path: Path) -> None:
    fill(tmp_path / "store")
    found = run(tmp_path / "store", None)
    assert found["trade"].kept == "rows from 2024-01-01 on: no archive was given"
    found = run(tmp_path / "store", tmp_path / "nowhere")
    assert found["trade"].kept == "rows from 2024-01-01 on: 2024-01 is not in the archive"
    assert len(offsets(tmp_path / "store")) == 160


def test_a_row_the_archive_lacks_stays_with_all_later_ones(tmp_path: Path) -> None:
    fill(tmp_path / "store")
    archive(tmp_path / "store", tmp_path / "out")
    write(tmp_path / "store", {"trade": [trade(999, JANUARY_NS + 4 * DAY_NS)]})
    found = run(tmp_path / "store", tmp_path / "out")
    assert found["trade"].kept == (
        "rows from 2024-01-05 on: the archive lacks 1 rows of 2024-01-05: archive again 2024-01"
    )
    assert offsets(tmp_path / "store") == [*range(16, 160), 999]
    archive(tmp_path / "store", tmp_path / "out", again=("2024-01",))
    assert run(tmp_path / "store", tmp_path / "out")["trade"].kept is None
    assert offsets(tmp_path / "store") == list(range(40, 160))


def test_a_changed_value_is_a_row_the_archive_lacks(tmp_path: Path) -> None:
    row = trade(1, JANUARY_NS)
    write(tmp_path / "a", {"trade": [row]})
    archive(tmp_path / "a", tmp_path / "out")
    write(tmp_path / "b", {"trade": [row | {"price": row["price"].scaleb(-1)}]})
    assert "lacks 1 rows" in str(run(tmp_path / "b", tmp_path / "out")["trade"].kept)


def test_a_damaged_archive_file_proves_nothing(tmp_path: Path) -> None:
    fill(tmp_path / "store")
    archive(tmp_path / "store", tmp_path / "out")
    path = tmp_path / "out/2024/Q1/trades_202401.parquet"
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)
    assert "not the file the manifest names" in str(
        run(tmp_path / "store", tmp_path / "out")["trade"].kept
    )
    path.unlink()
    assert "is missing" in str(run(tmp_path / "store", tmp_path / "out")["trade"].kept)
    assert len(offsets(tmp_path / "store")) == 160


def test_rows_that_come_while_it_verifies_are_not_taken(tmp_path: Path) -> None:
    fill(tmp_path / "store")
    archive(tmp_path / "store", tmp_path / "out")
    thinner = ParquetThinner(LocalFolder(tmp_path / "store"), clock=SystemClock())
    thinner.begin()
    write(tmp_path / "store", {"trade": [trade(999, JANUARY_NS + 4 * DAY_NS)]})
    with pytest.raises(StoreConflictError, match="came meanwhile"):
        thinner.drop_before("trade", JANUARY_NS + 10 * DAY_NS)
    assert offsets(tmp_path / "store") == [*range(16, 160), 999]


def test_compaction_meanwhile_is_no_conflict(tmp_path: Path) -> None:
    fill(tmp_path / "store")
    write(tmp_path / "store", {"orderbook": [book(300, JANUARY_NS + 4)]})
    thinner = ParquetThinner(LocalFolder(tmp_path / "store"), clock=SystemClock())
    thinner.begin()
    assert Compactor(LocalFolder(tmp_path / "store"), clock=SystemClock()).run().jobs == 1
    assert thinner.drop_before("orderbook", JANUARY_NS + DAY_NS) == 4
    assert len(offsets(tmp_path / "store", "orderbook")) == 157


def test_a_full_disk_takes_nothing(tmp_path: Path) -> None:
    fill(tmp_path / "store")
    archive(tmp_path / "store", tmp_path / "out")
    before = offsets(tmp_path / "store", "orderbook")
    thinner = ParquetThinner(LocalFolder(tmp_path / "store"), clock=SystemClock())
    thinner.begin()
    with file_size_limit(1000), pytest.raises(StoreUnavailableError, match="cannot write"):
        thinner.drop_before("orderbook", JANUARY_NS + 10 * DAY_NS)
    assert offsets(tmp_path / "store", "orderbook") == before
    assert thinner.drop_before("orderbook", JANUARY_NS + 10 * DAY_NS) == 30


_KILLED = """
import sys
from pathlib import Path
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.thinning import ParquetThinner
from tapeline.telemetry.clock import SystemClock
thinner = ParquetThinner(LocalFolder(Path(sys.argv[1])), clock=SystemClock())
thinner.begin()
print("ready", flush=True)
thinner.drop_before("orderbook", int(sys.argv[2]))
"""


def test_kill_minus_nine_leaves_whole_days(tmp_path: Path) -> None:
    fill(tmp_path / "store")
    before_ns = JANUARY_NS + 33 * DAY_NS
    chance = random.Random(11)
    for _ in range(2):
        with subprocess.Popen(
            [sys.executable, "-c", _KILLED, str(tmp_path / "store"), str(before_ns)],
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.4))
            process.send_signal(signal.SIGKILL)
        left = stored(tmp_path / "store", "orderbook", is_settled=False)
        days = Counter(number // 4 for number in left[LOG_OFFSET].to_pylist())
        assert {days[day] for day in range(33)} <= {1, 4}
        assert all(days[day] == 4 for day in range(33, 40))
    thinner = ParquetThinner(LocalFolder(tmp_path / "store"), clock=SystemClock())
    thinner.begin()
    thinner.drop_before("orderbook", before_ns)
    assert len(offsets(tmp_path / "store", "orderbook")) == 33 + 28


def test_the_command_tells_and_its_exit_code_says_whether_all_could_go(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "store", {"trade": [trade(1, JANUARY_NS)], "funding": [funding(1, 5)]})
    target = f"parquet:{tmp_path / 'store'}"

    def command(*words: str) -> tuple[int, list[dict[str, Any]]]:
        with pytest.raises(SystemExit) as ended:
            main(["retention", target, "--json", *words])
        said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return int(str(ended.value.code)), said

    code, said = command("--dry-run")
    assert (code, [each["kept"] is None for each in said]) == (1, [False, True])
    archive(tmp_path / "store", tmp_path / "out")
    code, said = command("--archive", str(tmp_path / "out"), "--keep", "trade=ever")
    assert (code, [each["type"] for each in said]) == (0, ["orderbook"])
    code, said = command("--archive", str(tmp_path / "out"))
    assert (code, said[0]["rows"]) == (0, 1)
    assert offsets(tmp_path / "store", "funding") == [1]
    assert stored(tmp_path / "store").num_rows == 0
    assert command("--keep", "trade=-1")[0] == 2
    assert command("--grace", "inf")[0] == command("--grace", "nan")[0] == 2
    assert command("--keep", "tickers=1")[0] == 2
