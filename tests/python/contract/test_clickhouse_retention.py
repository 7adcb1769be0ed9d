"""Retention of a ClickHouse store: old rows go once the archive has them, and no others."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tapeline.access.opening import open_reader
from tapeline.apps.archive_check import ArchiveCheck
from tapeline.apps.retention_job import Verdict, enforce, judge
from tapeline.apps.settings import RetentionSettings
from tapeline.apps.thinners import thinner_of
from tapeline.errors import StoreConflictError, StoreFormatError
from tapeline.storage.archive.place import LocalPlace
from tapeline.storage.clickhouse.thinning import ClickHouseThinner, Part, open_thinner
from tapeline.storage.schema import LOG_OFFSET
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import SystemClock
from tests.python.archiving import (
    DAY_NS,
    JANUARY_NS,
    SetClock,
    book,
    funding,
    table_of,
    trade,
    write,
)
from tests.python.clickhouse_stores import as_given, opened, run, stored
from tests.python.contract.test_archive import archive
from tests.services.clickhouse import ClickHouseServer, clickhouse_or_skip


def at(day: int, half: int = 0) -> int:
    """A day's midnight, or noon."""
    return JANUARY_NS + (2 * day + half) * DAY_NS // 2


NOW = SetClock(JANUARY_NS + 40 * DAY_NS + 5)
# Two days that are long over, and two of the last week.
DAYS = (0, 4, 38, 39)
ROWS: dict[str, Sequence[dict[str, Any]]] = {
    "trade": [trade(day * 2 + half, at(day, half)) for day in DAYS for half in (0, 1)],
    "funding": [funding(day, at(day)) for day in (*DAYS, 45)],
    "orderbook": [
        book(day * 4 + quarter, at(day) + quarter, action=action, depth=depth)
        for day in DAYS
        for quarter, (action, depth) in enumerate(
            [("snapshot", 2), ("snapshot", 1), ("delta", 2), ("delta", 2)]
        )
    ],
}
SNAPSHOTS = [0, 16]
NO_MERGES = (
    "max_bytes_to_merge_at_max_space_in_pool = 1, max_bytes_to_merge_at_min_space_in_pool = 1"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    server = clickhouse_or_skip(tmp_path_factory.mktemp("clickhouse-retention"))
    yield server
    server.stop()


@pytest.fixture(params=["server", "embedded"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store of either kind with all the rows."""
    address = f"clickhouse:{tmp_path}/ch"
    if request.param == "server":
        server: ClickHouseServer = request.getfixturevalue("server")
        address = server.target(f"t{abs(hash(str(tmp_path)))}")
    with opened(address) as store:
        tables = {name: table_of(name, rows) for name, rows in ROWS.items()}
        store.write(as_given(tables))
        # The same rows again, as after a crash between rows and offsets.
        store.write(as_given({"trade": tables["trade"].slice(0, 3)}))
    # The engine merges small parts after some seconds: a slow test would find other parts.
    run(address, *(f"ALTER TABLE {{db}}.{name} MODIFY SETTING {NO_MERGES}" for name in ROWS))
    return address


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of the rows."""
    folder = tmp_path_factory.mktemp("archived")
    write(folder / "store", ROWS)
    archive(folder / "store", folder / "out")
    return folder / "out"


def keep_to_the_table(address: str, out: Path | None) -> dict[str, Verdict]:
    """Do what ``tapeline retention`` does."""
    target = parse_target(address)
    thinner, reader = thinner_of(target, SystemClock(), 0.0), open_reader(target)
    try:
        thinner.begin()
        limits = RetentionSettings().by_type()
        if out is None:
            verdicts = judge(reader, thinner, None, limits, NOW)
        else:
            with ArchiveCheck(LocalPlace(out)) as check:
                verdicts = judge(reader, thinner, check, limits, NOW)
        gone = enforce(thinner, verdicts)
    finally:
        reader.close()
        thinner.close()
    assert gone == sum(verdict.rows for verdict in verdicts)
    return {verdict.type: verdict for verdict in verdicts}


def offsets(address: str, event_type: str = "trade") -> list[int]:
    return sorted(stored(address, event_type)[LOG_OFFSET].to_pylist())


def opened_thinner(address: str) -> ClickHouseThinner:
    thinner = open_thinner(parse_target(address))
    thinner.begin()
    return thinner


def test_old_rows_go_once_the_archive_has_them_and_snapshots_stay(
    address: str, archived: Path
) -> None:
    found = keep_to_the_table(address, archived)
    assert offsets(address) == [76, 77, 78, 79]
    assert (found["trade"].rows, found["trade"].kept) == (4, None)
    assert found["trade"].bytes
    assert offsets(address, "orderbook") == [*SNAPSHOTS, *range(152, 160)]
    assert len(offsets(address, "funding")) == 5
    again = keep_to_the_table(address, archived)
    assert [verdict.rows for verdict in again.values()] == [0, 0]


def test_what_the_archive_does_not_have_stays_with_all_later_days(
    address: str, archived: Path
) -> None:
    assert keep_to_the_table(address, None)["trade"].rows == 0
    with opened(address) as store:
        store.write(as_given({"trade": table_of("trade", [trade(999, at(4))])}))
    found = keep_to_the_table(address, archived)
    assert "lacks 1 rows of 2024-01-05" in str(found["trade"].kept)
    assert offsets(address) == [8, 9, 76, 77, 78, 79, 999]


@pytest.mark.parametrize("is_merged", [False, True])
@pytest.mark.parametrize("event_type", ["trade", "funding"])
def test_rows_that_come_while_it_verifies_are_not_taken(
    address: str, event_type: str, is_merged: bool
) -> None:
    thinner = opened_thinner(address)
    late = trade(999, at(4)) if event_type == "trade" else funding(999, at(4))
    with opened(address) as store:
        store.write(as_given({event_type: table_of(event_type, [late])}))
    if is_merged:
        run(address, f"OPTIMIZE TABLE {{db}}.{event_type} FINAL")
    with pytest.raises(StoreConflictError, match="came meanwhile"):
        thinner.drop_before(event_type, at(10))
    thinner.close()
    left = offsets(address, event_type)
    assert 999 in left
    # What lies in one part with the late row is not taken either.
    verified = 8 if event_type == "trade" else 4
    assert (verified in left) == is_merged


def test_rows_that_come_and_are_not_due_are_no_conflict(address: str) -> None:
    thinner = opened_thinner(address)
    with opened(address) as store:
        store.write(as_given({"funding": table_of("funding", [funding(999, at(20))])}))
    assert thinner.drop_before("funding", at(10)) == 2
    thinner.close()
    assert offsets(address, "funding") == [38, 39, 45, 999]


def test_a_merge_meanwhile_is_no_conflict(address: str) -> None:
    thinner = opened_thinner(address)
    known_parts = thinner._parts
    for event_type, due in (("trade", 4), ("orderbook", 6)):

        def overtaken(table: str) -> list[Part]:
            found = known_parts(table)
            thinner._parts = known_parts  # type: ignore[method-assign]
            run(address, f"OPTIMIZE TABLE {{db}}.{table} FINAL")
            return found

        thinner._parts = overtaken  # type: ignore[method-assign]
        assert thinner.drop_before(event_type, at(10)) == due
    thinner.close()
    assert offsets(address) == [76, 77, 78, 79]
    assert offsets(address, "orderbook") == [*SNAPSHOTS, *range(152, 160)]


def test_of_a_month_that_goes_on_the_days_before_go(address: str) -> None:
    thinner = opened_thinner(address)
    assert thinner.bytes_before("funding", at(39)) is None
    assert thinner.drop_before("funding", at(39)) == 3
    assert thinner.drop_before("funding", at(39)) == 0
    thinner.close()
    assert offsets(address, "funding") == [39, 45]


def test_rows_without_a_time_stay(address: str) -> None:
    timeless = funding(900, JANUARY_NS) | {"timestamp_ns": None, "received_ns": None}
    timeless |= {"next_funding_ns": None}
    with opened(address) as store:
        store.write(as_given({"funding": table_of("funding", [timeless])}))
    thinner = opened_thinner(address)
    assert thinner.drop_before("funding", 2**62) == 5
    thinner.close()
    assert offsets(address, "funding") == [900]


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    address = f"clickhouse:{tmp_path}/ch"
    with opened(address):
        pass
    run(address, "DROP TABLE {db}.funding")
    thinner = open_thinner(parse_target(address))
    with pytest.raises(StoreFormatError, match="no table funding"):
        thinner.begin()
    thinner.close()
