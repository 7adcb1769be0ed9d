"""A PostgreSQL store while its server is killed, stopped, frozen, locked or short of rights."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from tapeline.errors import StoreConflictError, StoreUnavailableError
from tapeline.storage.ports import Chunk
from tapeline.storage.postgres.store import PostgresStore
from tests.python.postgres import PARTITION, count, following, opened, trade_chunk
from tests.services.cut_line import CutLine
from tests.services.postgres import Database, PostgresServer

pytestmark = pytest.mark.integration

CHUNK = trade_chunk()


@pytest.fixture
def durable(own_postgres: PostgresServer) -> Database:
    return own_postgres.database()


@pytest.fixture
def store(durable: Database) -> Iterator[PostgresStore]:
    """A store with one chunk in it."""
    with opened(durable) as found:
        found.write(CHUNK)
        yield found


@pytest.fixture
def impatient(durable: Database, store: PostgresStore) -> Iterator[PostgresStore]:
    """The same store for a writer that waits for its server four seconds at most."""
    with opened(durable, "timeout=4") as found:
        yield found


def write_until_stored(store: PostgresStore, chunk: Chunk, within_s: float = 60.0) -> None:
    """Offer a chunk again and again, as a worker does."""
    end = time.monotonic() + within_s
    while True:
        try:
            with suppress(StoreConflictError):
                store.write(chunk)
                return
            # An attempt without an answer has done it.
            assert store.progress([PARTITION]).offsets == chunk.offsets
        except StoreUnavailableError:
            assert time.monotonic() < end, "the store never became available"
            time.sleep(0.05)
        else:
            return


@contextmanager
def held(database: Database) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Lock the rows' table in another session; released at the end, if it still lives."""
    with psycopg.connect(database.dsn) as connection:
        connection.execute("LOCK TABLE tapeline.trade_20260105 IN ACCESS EXCLUSIVE MODE")
        yield connection
        if not connection.closed:
            connection.rollback()


@contextmanager
def writing(store: PostgresStore, chunk: Chunk) -> Iterator[list[BaseException | None]]:
    """Write in another thread; at the end the list has what it raised, or None."""
    outcome: list[BaseException | None] = []

    def work() -> None:
        try:
            store.write(chunk)
        except BaseException as error:  # noqa: BLE001 - looked at by the test
            outcome.append(error)
        else:
            outcome.append(None)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield outcome
    finally:
        thread.join(60)
        assert not thread.is_alive()


def copying_backend(database: Database) -> int:
    """Wait for a backend in the middle of a COPY, and return its process."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        rows = database.run(
            "SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY%' AND wait_event_type = 'Lock'"
        )
        if rows:
            return int(str(rows[0][0]))
        time.sleep(0.02)
    raise AssertionError("nobody copies")


def kill_backend(server: PostgresServer, database: Database) -> None:
    os.kill(copying_backend(database), signal.SIGKILL)


def stop_immediately(server: PostgresServer, database: Database) -> None:
    copying_backend(database)
    server.stop_immediately()
    server.start()


@pytest.mark.parametrize("fault", [kill_backend, stop_immediately])
def test_an_end_in_the_middle_of_a_copy_leaves_nothing_and_heals(
    own_postgres: PostgresServer,
    durable: Database,
    store: PostgresStore,
    fault: Callable[[PostgresServer, Database], None],
) -> None:
    chunk = following(CHUNK, 1, 2)
    # The session that holds the lock ends with the server.
    with (
        suppress(psycopg.OperationalError),
        held(durable),
        writing(store, chunk) as outcome,
    ):
        fault(own_postgres, durable)
    assert [type(each) for each in outcome] == [StoreUnavailableError]
    write_until_stored(store, chunk)
    assert count(durable) == 180
    assert store.progress([PARTITION]).offsets == {PARTITION: 2}


def test_nothing_is_lost_or_doubled_by_a_server_that_ends_again_and_again(
    own_postgres: PostgresServer, durable: Database, impatient: PostgresStore
) -> None:
    store = impatient
    is_over = threading.Event()

    def stop_and_start() -> None:
        try:
            for _ in range(3):
                time.sleep(0.2)
                own_postgres.stop_immediately()
                own_postgres.start()
        finally:
            is_over.set()

    thread = threading.Thread(target=stop_and_start)
    thread.start()
    number = 1
    while not is_over.is_set():
        write_until_stored(store, following(CHUNK, number, number + 1))
        number += 1
    thread.join()
    assert count(durable) == 90 * number
    assert store.progress([PARTITION]).offsets == {PARTITION: number}


def test_a_frozen_server_is_given_up_and_used_again(
    own_postgres: PostgresServer, durable: Database, impatient: PostgresStore
) -> None:
    store = impatient
    chunk = following(CHUNK, 1, 2)
    own_postgres.freeze()
    try:
        for _ in range(2):
            with pytest.raises(StoreUnavailableError):
                store.write(chunk)
    finally:
        own_postgres.thaw()
    write_until_stored(store, chunk)
    assert count(durable) == 180


def test_a_commit_without_an_answer_is_not_done_twice(
    own_postgres: PostgresServer, durable: Database
) -> None:
    chunk = following(CHUNK, 1, 2)
    with CutLine(own_postgres.port) as line:
        through = Database("127.0.0.1", line.port, durable.user, durable.name)
        with opened(through) as store:
            store.write(CHUNK)
            line.must_cut.set()
            with pytest.raises(StoreUnavailableError):
                store.write(chunk)
            assert line.was_cut.is_set()
            with pytest.raises(StoreConflictError):
                store.write(chunk)
            assert store.progress([PARTITION]).offsets == {PARTITION: 2}
    assert count(durable) == 180


def test_a_locked_table_is_named_and_waited_for(
    durable: Database, impatient: PostgresStore
) -> None:
    store = impatient
    chunk = following(CHUNK, 1, 2)
    with held(durable), pytest.raises(StoreUnavailableError, match=r"lock timeout.*writing trade"):
        store.write(chunk)
    store.write(chunk)
    assert count(durable) == 180


def test_a_right_that_is_taken_away_and_given_back(durable: Database) -> None:
    durable.run("CREATE ROLE clerk LOGIN")
    rights = "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tapeline"
    with opened(durable) as owner:
        owner.write(CHUNK)
    durable.run(f"GRANT USAGE ON SCHEMA tapeline TO clerk; GRANT {rights} TO clerk")
    with opened(durable, user="clerk") as store:
        store.write(following(CHUNK, 1, 2))
        durable.run("REVOKE INSERT ON tapeline.trade FROM clerk")
        for _ in range(2):
            with pytest.raises(StoreUnavailableError, match="permission denied for table trade"):
                store.write(following(CHUNK, 2, 3))
        durable.run("GRANT INSERT ON tapeline.trade TO clerk")
        store.write(following(CHUNK, 2, 3))
        durable.run("ALTER ROLE clerk CONNECTION LIMIT 1")
        with opened_too_many(durable):
            pass
    durable.run("ALTER ROLE clerk CONNECTION LIMIT -1")
    with opened(durable, user="clerk") as store:
        store.write(following(CHUNK, 3, 4))
    assert count(durable) == 360


@contextmanager
def opened_too_many(database: Database) -> Iterator[None]:
    """Try to open one more store than the role may have connections."""
    with (
        pytest.raises(StoreUnavailableError, match="too many connections"),
        opened(database, user="clerk"),
    ):
        pass
    yield


def test_a_full_disk_is_waited_for(durable: Database, tmp_path: Path) -> None:
    small = Path("/tmp") / f"tapeline-small-{os.getpid()}"  # noqa: S108 - the server must reach it
    small.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=0777", "tmpfs", str(small)]
    if os.geteuid() != 0 or subprocess.run(mounted, capture_output=True, check=False).returncode:
        small.rmdir()
        pytest.skip("a small disk can be mounted by root only")
    ballast = small / "ballast"
    try:
        with opened(durable) as store:
            store.write(CHUNK)
            (small / "space").mkdir(mode=0o700)
            owner = Path(str(durable.run("SHOW data_directory")[0][0])).stat()
            os.chown(small / "space", owner.st_uid, owner.st_gid)
            durable.run(f"CREATE TABLESPACE small LOCATION '{small}/space'")
            durable.run("ALTER TABLE tapeline.trade_20260105 SET TABLESPACE small")
            with ballast.open("wb") as file, suppress(OSError):
                file.write(b"\0" * 4_000_000)
            chunk = trade_chunk(6000, 1, 2)
            with pytest.raises(StoreUnavailableError, match="53100"):
                store.write(chunk)
            ballast.unlink()
            store.write(chunk)
        assert count(durable) == 6090
        durable.run("ALTER TABLE tapeline.trade_20260105 SET TABLESPACE pg_default")
        durable.run("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "-l", str(small)], capture_output=True, check=False)
        small.rmdir()
