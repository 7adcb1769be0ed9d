"""A database that is killed while the API asks it: 503 with since when, and answers again after."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from time import sleep as pause

import psycopg
import pytest

from tapeline.api.settings import ApiSettings
from tests.python.accessing import fill, market_messages
from tests.python.contract.access_stores import open_store
from tests.python.serving import Reply, Served, serving
from tests.services.clickhouse import clickhouse_or_skip
from tests.services.postgres import Database, PostgresServer, postgres_or_skip

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

PATIENCE_S = 300.0
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@dataclass(frozen=True, slots=True)
class Server:
    """A database server, and what the test does to it."""

    target: str
    hold: Callable[[], None]
    """Make it answer no query from now on."""
    is_asked: Callable[[], bool]
    """Whether a query waits in it; only where the server itself can say so."""
    kill: Callable[[], None]
    start: Callable[[], None]


@pytest.fixture(params=["postgres", "clickhouse"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    with ExitStack() as stack:
        if request.param == "postgres":
            postgres = postgres_or_skip(is_durable=True)
            stack.callback(postgres.kill)
            yield _postgres(postgres, postgres.database(), stack)
            return
        clickhouse = clickhouse_or_skip(tmp_path / "server")
        stack.callback(clickhouse.kill)
        yield Server(
            clickhouse.target("market"),
            clickhouse.pause,
            lambda: True,
            clickhouse.kill,
            clickhouse.start,
        )


def test_a11_a_database_that_is_killed_during_a_query_is_503_until_it_answers(
    server: Server, tmp_path: Path
) -> None:
    fill(open_store(server.target), market_messages(10), chunks=1)
    with (
        serving([server.target], ApiSettings(runs=tmp_path / "runs", time_limit_s=600)) as served,
        ThreadPoolExecutor(1) as clients,
    ):
        before = served.get("/api/trades", limit=5)
        assert len(before.json["data"]) == 5
        began_ns = served.get("/api/health").json["time_ns"]
        server.hold()
        asked = clients.submit(served.get, "/api/trades", limit=5)
        _until(lambda: _running(served) == 1 and server.is_asked())
        assert not asked.done()
        server.kill()
        _check_refused(asked.result(PATIENCE_S))
        # The next one finds nobody there, and the server says so of itself.
        _check_refused(served.get("/api/instruments"))
        health = served.get("/api/health")
        assert (health.status, health.json["status"]) == (503, "down")
        assert began_ns - health.json["checks"][0]["since_ns"] < PATIENCE_S * 1e9
        server.start()
        after = served.get("/api/trades", limit=5)
        assert after.json["data"] == before.json["data"]
        assert served.get("/api/health").status == 200
        assert _running(served) == 0


def _postgres(postgres: PostgresServer, database: Database, stack: ExitStack) -> Server:
    def hold() -> None:
        locking = psycopg.connect(database.dsn)
        stack.callback(locking.close)
        locking.execute("LOCK TABLE tapeline.trade IN ACCESS EXCLUSIVE MODE")

    return Server(
        database.target(),
        hold,
        lambda: database.run(_WAITING) != [(0,)],
        postgres.stop_immediately,
        postgres.start,
    )


def _check_refused(reply: Reply) -> None:
    assert reply.status == 503, reply.body
    assert reply.headers["content-type"].startswith("application/problem+json")
    assert reply.headers["retry-after"] == str(reply.json["retry_after_s"])
    assert reply.json["stale_since"].endswith("Z")
    assert b"Traceback" not in reply.body


def _running(served: Served) -> int:
    count: int = served.get("/api/system").json["load"]["queries_running"]
    return count


def _until(condition: Callable[[], bool]) -> None:
    end = monotonic() + PATIENCE_S
    while not condition():
        assert monotonic() < end
        pause(0.02)
