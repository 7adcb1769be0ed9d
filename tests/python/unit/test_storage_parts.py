"""Parts of the storage layer that need no bus and no store."""

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tapeline.errors import RowError, SettingsError
from tapeline.storage.consumer.bisect import row_bytes, split_refused
from tapeline.storage.consumer.buffer import Buffer, Limits
from tapeline.storage.consumer.dead_letter import DeadLetter, joined
from tapeline.storage.consumer.taken import BATCHES_PER_STREAM, Taken
from tapeline.storage.parquet.manifest import Commit, from_json, to_json
from tapeline.storage.parquet.sorting import runs_of
from tapeline.storage.ports import Mark
from tapeline.storage.schema import (
    ARRIVAL_FIELDS,
    EVENT_TYPES,
    TIME_COLUMNS,
    schema_of,
    stored_schema_of,
)
from tapeline.storage.targets import Kind, parse_target
from tests.python.storing import as_read, make_messages


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_a_stored_row_is_the_decoded_one_and_where_it_lay(event_type: str) -> None:
    stored = stored_schema_of(event_type)
    assert list(stored)[:-2] == list(schema_of(event_type))
    assert tuple(list(stored)[-2:]) == ARRIVAL_FIELDS
    assert all(stored.field(name).type == pa.int64() for name in TIME_COLUMNS[event_type])


@pytest.mark.parametrize(
    ("text", "kind", "name", "shown"),
    [
        ("parquet:/data/a b", Kind.PARQUET, "parquet-data-a-b-", "parquet:/data/a b"),
        (
            "parquet:s3://tape/x?endpoint=http://127.0.0.1:1&region=eu-1",
            *(Kind.PARQUET, "parquet-s3-tape-x-"),
            "parquet:s3://tape/x?endpoint=http://127.0.0.1:1&region=eu-1",
        ),
        (
            "timescale://me:s3cret@db:5432/tape",
            *(Kind.POSTGRES, "timescale-db-5432-tape", "timescale://me:***@db:5432/tape"),
        ),
        ("clickhouse:/data/ch", Kind.CLICKHOUSE, "clickhouse-data-ch-", "clickhouse:/data/ch"),
        ("redis://cache:6379/0", Kind.REDIS, "redis-cache-6379-0", "redis://cache:6379/0"),
    ],
)
def test_target_addresses_are_read(text: str, kind: Kind, name: str, shown: str) -> None:
    target = parse_target(text)
    assert (target.kind, target.shown) == (kind, shown)
    assert re.fullmatch(f"{name}[0-9a-f]{{8}}" if name.endswith("-") else name, target.name)
    assert "s3cret" not in repr(target)


@pytest.mark.parametrize(
    "text",
    [
        *("", "parquet:", "parquet", "floppy:x", "redis:x", "postgres://", "postgres://h:x/db"),
        *("parquet:s3://", "parquet:s3://B/x", "parquet:s3://tape/x?color=red"),
    ],
)
def test_other_target_addresses_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="allowed are parquet:PATH"):
        parse_target(text)


@pytest.mark.parametrize(
    "text",
    [
        "mysql://me:q9cret@db/tape",
        *(f"timescale://me:{each}@db:5432/tape" for each in ("q9cret/x", "q9#cret", "12#q9cret")),
        *(f"clickhouse://me:{each}@db:8123/tape" for each in ("q9cret?x", "x@q9cret/x", "[q9cret")),
        *(f"redis://:{each}@db:6379/0" for each in ("1/q9cret", "q9cret:x#", "q9cret\u2100")),
    ],
)
def test_a_refused_address_does_not_show_its_password(text: str) -> None:
    with pytest.raises(SettingsError) as raised:
        parse_target(text)
    assert not any(part in str(raised.value) for part in ("q9", "cret"))


def test_nothing_of_a_password_with_odd_characters_is_shown() -> None:
    target = parse_target("timescale://me:p@q9cret:x@db:5432/tape")
    assert target.shown == "timescale://me:***@db:5432/tape"
    assert target.name == "timescale-db-5432-tape"


def test_two_schemas_of_a_database_are_two_stores() -> None:
    names = [
        parse_target(f"timescale://me@db/tape?{each}").name for each in ("schema=a", "schema=b")
    ]
    assert names == ["timescale-db-tape-a", "timescale-db-tape-b"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("parquet:/data/a-b", "parquet:/data/a_b"),
        ("parquet:/data/a-b", "parquet:/data/a/b"),
        ("parquet:/s3/tape/x", "parquet:s3://tape/x"),
        ("parquet:s3://tape/x?endpoint=http://a:1", "parquet:s3://tape/x?endpoint=http://b:1"),
        ("clickhouse:/db/tape", "clickhouse://db/tape"),
        ("redis://a-b:1/0", "redis://a.b:1/0"),
        (f"parquet:/a{'/x' * 80}", f"parquet:/b{'/x' * 80}"),
    ],
)
def test_addresses_that_look_alike_have_names_of_their_own(one: str, other: str) -> None:
    assert parse_target(one).name != parse_target(other).name


def test_a_folder_is_the_same_store_however_it_is_written() -> None:
    assert (
        parse_target("parquet:tape").name == parse_target(f"parquet:{Path('tape').absolute()}").name
    )


def test_a_batch_is_known_by_its_number_and_its_checksum() -> None:
    taken = Taken([Mark("p", "trade.a.b.c", 1, 10)])
    assert Mark("p", "trade.a.b.c", 1, 10) in taken
    assert Mark("p", "trade.a.b.c", 1, 11) not in taken
    assert Mark("q", "trade.a.b.c", 1, 10) not in taken
    assert Mark("p", "trade.a.b.d", 1, 10) not in taken


def test_the_oldest_batches_of_a_stream_are_forgotten() -> None:
    taken = Taken(Mark("p", "k", number, number) for number in range(BATCHES_PER_STREAM + 5))
    taken.add([Mark("q", "k", 1, 1)])
    assert Mark("p", "k", 4, 4) not in taken
    assert Mark("p", "k", 5, 5) in taken
    assert len(list(taken)) == BATCHES_PER_STREAM + 1


def test_marks_are_found_by_topic_in_either_layout() -> None:
    marks = [Mark("p", f"trade.a.b.{name}", 1, 1) for name in ("x", "y")]
    taken = Taken(marks)
    assert taken.of_topics(["trade.a.b.x"]) == marks[:1]
    assert taken.of_topics(["trade.a.b"]) == marks
    assert taken.of_topics(["trade.a"]) == []


@given(
    st.lists(
        st.builds(
            Mark,
            st.sampled_from(["p", "q"]),
            st.sampled_from(["trade.a.b.x", "coverage.a.b.Xunknown"]),
            st.integers(0, 2**64 - 1) | st.integers(1, 9),
            st.integers(0, 2**32 - 1),
        )
    )
)
def test_a_commit_is_read_as_it_was_written(marks: list[Mark]) -> None:
    commit = Commit(7, 8, "me", removed=["a"], offsets={("trade.a.b.x", 3): 2**62}, marks=marks)
    found = from_json("x", to_json(commit))
    assert sorted(found.marks) == sorted(marks)
    assert (found.number, found.offsets, found.removed) == (7, commit.offsets, ["a"])


@given(st.integers(0, 300), st.sets(st.integers(0, 299)))
def test_every_bad_row_is_found_and_no_other(rows: int, bad: set[int]) -> None:
    table = pa.table({"n": pa.array(range(rows), pa.int64())})
    calls = 0

    def rehearse(part: pa.Table) -> None:
        nonlocal calls
        calls += 1
        found = bad & set(part["n"].to_pylist())
        if found:
            raise RowError(f"row {min(found)}")

    accepted, refused = split_refused(table, rehearse)
    expected = sorted(each for each in bad if each < rows)
    assert accepted["n"].to_pylist() == [each for each in range(rows) if each not in bad]
    assert [row["n"].to_pylist() for row, _ in refused] == [[each] for each in expected]
    assert [reason for _, reason in refused] == [f"row {each}" for each in expected]
    assert calls <= 1 + 2 * len(expected) * 9


def test_a_refused_row_is_kept_with_every_column() -> None:
    table = pa.table({"a": [1, 2], "b": ["x", None]})
    found = pa.ipc.open_stream(row_bytes(table.slice(1))).read_all()
    assert found.equals(table.slice(1))


_DAY = 86_400_000_000_000


@given(
    st.lists(st.none() | st.integers(-3 * _DAY, 3 * _DAY) | st.sampled_from([-1, 0, _DAY])),
    st.integers(1, 9),
)
@example([-1, -1, -1, -2], 2)
def test_runs_are_sorted_whole_and_of_one_day(times: list[int | None], rows_max: int) -> None:
    table = pa.table({"received_ns": pa.array(times, pa.int64()), "n": range(len(times))})
    runs = list(runs_of("quarantine", table, rows_max))
    rows = [row for run in runs for row in run.table().to_pylist()]
    keyed = sorted(range(len(times)), key=lambda n: (times[n] is None, times[n] or 0, n))
    assert [row["n"] for row in rows] == keyed
    for run in runs:
        assert 0 < len(run.times) <= rows_max
        assert run.times.equals(run.table()["received_ns"].combine_chunks())
        days = {None if each is None else each // _DAY for each in run.times.to_pylist()}
        assert len(days) == 1
        assert (run.date == "unknown") == (days == {None})
    assert pc.sum(pa.array([len(run.times) for run in runs], pa.int64())).as_py() in (
        len(times) or None,
        len(times),
    )


def test_cuts_that_are_moved_back_leave_no_small_piece_where_there_is_room() -> None:
    times = pa.array([row // 7 for row in range(1_000)], pa.int64())
    runs = list(runs_of("quarantine", pa.table({"received_ns": times}), 265))
    assert [len(run.times) for run in runs] == [245, 245, 245, 265]


def test_a_dead_letter_in_parts_is_whole_again_whatever_lies_between() -> None:
    def letter(target: str, value: bytes) -> DeadLetter:
        return DeadLetter("undecodable", "", target, "trade.x.spot", 0, 7, None, value)

    long, other = letter("a", b"0123456789"), letter("b", b"abcdef")
    assert letter("a", b"1234").parts(4) == [(long.facts(), b"1234")]
    parts, others = long.parts(4), other.parts(4)
    assert [facts["part"] for facts, _ in parts] == ["1/3", "2/3", "3/3"]
    # Its writer was killed after two parts and began anew, and another one wrote at the same time.
    lying = [*parts[:2], others[0], *parts[:2], letter("c", b"x").parts(4)[0], others[1], parts[2]]
    found = [(facts["target"], value) for facts, value in joined(lying)]
    assert found == [("c", b"x"), ("b", b"abcdef"), ("a", b"0123456789")]
    assert list(joined(parts[:2])) == []


def test_a_chunk_is_due_earlier_by_what_its_store_took_lately() -> None:
    buffer = Buffer(Limits(age_s=1.0))
    (message, *_) = as_read(make_messages(3))
    buffer.add([message], 0)
    # Nothing is known of the first write, which is the slowest.
    assert buffer.due_in_s(0) == 0.5
    buffer.note_write(0.25)
    assert buffer.due_in_s(0) == 0.75
    assert not buffer.is_due(749_999_999)
    assert buffer.is_due(750_000_000)
    # A slow write fades, and is never waited for longer than half of the time.
    buffer.note_write(0.01)
    assert 0.75 < (buffer.due_in_s(0) or 0.0) < 0.78
    buffer.note_write(30.0)
    assert buffer.due_in_s(0) == 0.5
