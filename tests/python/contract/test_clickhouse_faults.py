"""The ClickHouse store when writer, server or network fail: nothing lost, nothing twice."""

import random
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tapeline.errors import StoreConflictError, StoreUnavailableError
from tapeline.storage.ports import Chunk
from tests.python.clickhouse_stores import (
    PARTITION,
    chunk_of,
    connected,
    opened,
    run,
    stored,
)
from tests.python.storing import as_read, decoded, ids, make_messages
from tests.services.clickhouse import PASSWORD, USER, ClickHouseServer, clickhouse_or_skip
from tests.services.lossy_proxy import LossyProxy

ROUNDS = 8
TRADES = 240


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    server = clickhouse_or_skip(tmp_path_factory.mktemp("clickhouse-faults"))
    yield server
    server.stop()


@pytest.fixture
def database() -> str:
    return f"t{uuid.uuid4().hex}"


def through(proxy: LossyProxy, database: str) -> str:
    password = PASSWORD.replace(" ", "%20")
    return f"clickhouse://{USER}:{password}@127.0.0.1:{proxy.port}/{database}?timeout=60"


def nth_chunk(number: int) -> Chunk:
    """The chunk between offsets ``number`` and ``number + 1``."""
    messages = as_read(make_messages(TRADES, first_id=1 + number * TRADES))
    return chunk_of(messages, expected=number or None, following=number + 1)


def assert_all_stored_once(address: str, chunks: int) -> None:
    expected: Counter[tuple[str, str]] = Counter()
    for number in range(chunks):
        expected += Counter(ids(decoded(make_messages(TRADES, first_id=1 + number * TRADES))))
    found = Counter(ids(stored(address)))
    assert (dict(expected - found), dict(found - expected)) == ({}, {})


_WRITER = """
import sys
from tests.python.clickhouse_stores import PARTITION, opened
from tests.python.contract.test_clickhouse_faults import ROUNDS, nth_chunk

with opened(sys.argv[1]) as store:
    number = store.progress([PARTITION]).offsets.get(PARTITION, 0)
    print(number, flush=True)
    for following in range(number, ROUNDS):
        store.write(nth_chunk(following))
        print(following + 1, flush=True)
"""


def write_until(address: str, source: random.Random | None) -> int:
    """Run a writer; kill it at a random instant unless told otherwise. Return what it said last."""
    program = [sys.executable, "-c", _WRITER, address]
    root = Path(__file__).parents[3]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        said = int(process.stdout.readline())
        if source is not None:
            time.sleep(source.uniform(0.0, 0.25))
            process.kill()
        rest = process.stdout.read().split()
    assert source is not None or process.returncode == 0
    return int(rest[-1]) if rest else said


@pytest.mark.timeout(600)  # Four processes, each of which starts the engine.
@pytest.mark.parametrize("kind", ["server", "embedded"])
def test_kill_minus_nine_of_the_writer_at_random_instants(
    server: ClickHouseServer, database: str, tmp_path: Path, kind: str
) -> None:
    source = random.Random(20260105)
    address = server.target(database) if kind == "server" else f"clickhouse:{tmp_path}/store"
    acknowledged = 0
    for _ in range(3):
        # What a writer has said is stored, the next one finds.
        said = write_until(address, source)
        assert said >= acknowledged
        acknowledged = said
    assert write_until(address, None) == ROUNDS
    assert_all_stored_once(address, ROUNDS)


def write_patiently(address: str, chunk: Chunk) -> None:
    """Do what a worker does: offer the chunk until it is taken or has been."""
    with opened(address) as store:
        end = time.monotonic() + 120
        while True:
            try:
                store.write(chunk)
            except StoreConflictError:
                return
            except StoreUnavailableError:
                assert time.monotonic() < end
                time.sleep(0.1)
            else:
                return


def test_kill_minus_nine_of_the_server_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    server = clickhouse_or_skip(tmp_path / "own")
    try:
        address = server.target()
        with opened(address) as store:
            for number in range(3):
                store.write(nth_chunk(number))
                server.kill()
                with pytest.raises(StoreUnavailableError, match="127"):
                    store.write(nth_chunk(number + 1))
                server.start()
                assert store.progress([PARTITION]).offsets == {PARTITION: number + 1}
        assert_all_stored_once(address, 3)
    finally:
        server.stop()


def test_a_frozen_server_is_unavailable_in_time_and_heals(
    server: ClickHouseServer, database: str
) -> None:
    address = server.target(database)
    with opened(address):
        pass
    with opened(server.target(database, "?timeout=5")) as store:
        server.pause()
        try:
            for _ in range(2):
                with pytest.raises(StoreUnavailableError):
                    store.write(nth_chunk(0))
        finally:
            server.resume()
    # What was sent into the freeze may arrive now, or never.
    write_patiently(address, nth_chunk(0))
    write_patiently(address, nth_chunk(1))
    assert_all_stored_once(address, 2)


def test_answers_that_are_lost_leave_an_outcome_that_is_found_out(
    server: ClickHouseServer, database: str
) -> None:
    with LossyProxy(server.port) as proxy:
        address = through(proxy, database)
        with opened(address) as store:
            proxy.loses_answers = True
            with pytest.raises(StoreUnavailableError):
                store.write(nth_chunk(0))
            proxy.loses_answers = False
            write_patiently(address, nth_chunk(0))
            # The rows arrived, the offsets arrived, the answer did not.
            chunk = nth_chunk(1)
            move = store._state._winner

            def lose(number: int) -> str | None:
                proxy.loses_answers = True
                return move(number)

            store._state._winner = lose  # type: ignore[method-assign]
            with pytest.raises(StoreUnavailableError):
                store.write(chunk)
            proxy.loses_answers = False
            store._state._winner = move  # type: ignore[method-assign]
            with pytest.raises(StoreConflictError):
                store.write(chunk)
        assert_all_stored_once(server.target(database), 2)


def test_a_request_that_is_sent_twice_is_taken_once(
    server: ClickHouseServer, database: str
) -> None:
    """The client does so when the connection breaks: no second part, not only no second row."""
    address = server.target(database)
    with opened(address) as store:
        run(address, "SYSTEM STOP MERGES {db}.trade")
        chunk = nth_chunk(0)
        for _ in range(3):
            store._insert("trade", "trade", chunk.tables["trade"], "attempt")
        with connected(address) as connection:
            assert connection.rows("SELECT count() FROM {db}.trade SETTINGS final = 0") == [
                (TRADES,)
            ]


def test_a_number_that_died_with_its_engine_is_passed_over(
    server: ClickHouseServer, database: str
) -> None:
    """The engine knows the token of write 1 and has no rows of it."""
    address = server.target(database)
    with opened(address) as store:
        run(
            address,
            "INSERT INTO {db}.tapeline_state (kind, name) SETTINGS"
            " insert_deduplication_token = 'write-1' VALUES ('marks', 'of a dead writer')",
        )
        store.write(nth_chunk(0))
        assert store.progress([PARTITION]).offsets == {PARTITION: 1}
        store.write(nth_chunk(1))
        assert store._state.read().number == 3
    assert_all_stored_once(address, 2)


def test_too_many_parts_are_waited_for(server: ClickHouseServer, database: str) -> None:
    address = server.target(database)
    with opened(address) as store:
        store.write(nth_chunk(0))
        run(
            address,
            "SYSTEM STOP MERGES {db}.trade",
            "ALTER TABLE {db}.trade MODIFY SETTING parts_to_throw_insert = 1",
        )
        for _ in range(2):
            with pytest.raises(StoreUnavailableError, match="Too many parts"):
                store.write(nth_chunk(1))
        run(address, "ALTER TABLE {db}.trade RESET SETTING parts_to_throw_insert")
        store.write(nth_chunk(1))
    assert_all_stored_once(address, 2)


def test_a_table_that_is_read_only_for_now_is_waited_for(
    server: ClickHouseServer, database: str
) -> None:
    address = server.target(database)
    with opened(address) as store:
        run(address, "ALTER TABLE {db}.trade MODIFY SETTING table_readonly = 1")
        with pytest.raises(StoreUnavailableError, match="read"):
            store.write(nth_chunk(0))
        run(address, "ALTER TABLE {db}.trade RESET SETTING table_readonly")
        store.write(nth_chunk(0))
    assert_all_stored_once(address, 1)


@pytest.mark.parametrize("limit", [2_000, 150_000, 400_000])
def test_an_answer_that_ends_early_is_an_error(
    server: ClickHouseServer, database: str, limit: int
) -> None:
    with opened(server.target(database)), LossyProxy(server.port) as proxy:
        address = through(proxy, database)
        sql = "SELECT toString(number) AS n FROM numbers(200000)"
        with connected(address) as connection:
            whole = sum(batch.num_rows for batch in connection.stream(sql, {}, {}))
            assert whole == 200_000
        proxy.answer_bytes_max = limit
        with connected(address) as connection, pytest.raises(StoreUnavailableError):
            list(connection.stream(sql, {}, {}))


@pytest.mark.parametrize("kind", ["server", "embedded"])
def test_an_answer_that_fails_midway_is_an_error(
    server: ClickHouseServer, database: str, tmp_path: Path, kind: str
) -> None:
    address = server.target(database) if kind == "server" else f"clickhouse:{tmp_path}/store"
    sql = "SELECT throwIf(number = 900000, 'midway') AS n FROM numbers(1000000)"
    with opened(address), connected(address) as connection:
        batches = connection.stream(sql, {}, {"max_block_size": 10_000})
        assert next(batches).num_rows > 0
        with pytest.raises(StoreUnavailableError, match="midway"):
            list(batches)
