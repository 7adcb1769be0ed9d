"""TimescaleDB: the statements that need the extension, on the real extension.

What these tests say is said of statements. COPY, concurrency, crashes and the values of all types
are tested on native servers, which have no such extension: see ``test_postgres_store.py``,
``test_postgres_faults.py`` and ``test_postgres_values.py``.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tapeline.access.readers.postgres.statements import Choice, Span, select
from tapeline.errors import StoreConflictError
from tapeline.storage.postgres.days import Day, read_chunks
from tapeline.storage.postgres.migrate import check_tables, check_version, migrate, migrations
from tapeline.storage.postgres.tables import DAILY, columns_of
from tapeline.storage.postgres.thinning import CHUNK_BYTES, Dropping
from tests.services.timescale import Connection, TimescaleServer, timescale_or_skip

pytestmark = pytest.mark.integration

DAY_NS = 86_400_000_000_000
JANUARY = 20_454  # 2026-01-01, in days since 1970.


@pytest.fixture(scope="module")
def server() -> Iterator[TimescaleServer]:
    found = timescale_or_skip()
    yield found
    found.kill()


@pytest.fixture
def connection(server: TimescaleServer) -> Connection:
    server.run_script("DROP SCHEMA IF EXISTS tapeline CASCADE; SET search_path TO tapeline, public")
    return Connection(server)


def filled(server: TimescaleServer, connection: Connection, days: int = 3) -> None:
    """Migrate, and store four trades a day, two of each instrument, and one without a time."""
    asyncio.run(migrate(connection, "tapeline"))
    for day in [*range(JANUARY, JANUARY + days), 0]:
        for place in range(4 if day else 1):
            time_ns = day * DAY_NS + (3 - place) * 1_000_000_007 if day else None
            server.run(
                "INSERT INTO trade (time, timestamp_ns, received_ns, log_offset, event_id,"
                " symbol_id, log_index, exchange_id, price, quantity, quality)"
                " VALUES ($1, coalesce($2::bigint, 0), NULL, $3, $4, $5, 0, 1, 1.5, 2, 'perfect')",
                datetime.fromtimestamp((time_ns or 0) // 10**9, UTC).isoformat(),
                time_ns,
                place,
                f"00000000-0000-0000-0000-{day:06d}{place:06d}",
                1 + place % 2,
            )
        server.run("INSERT INTO day_rows VALUES ('trade', $1, $2)", day, 4 if day else 1)


def policies(server: TimescaleServer) -> dict[str, str]:
    rows = server.run(
        "SELECT hypertable_name, proc_name FROM timescaledb_information.jobs"
        " WHERE hypertable_schema = 'tapeline'"
    )
    return {str(name): str(procedure) for name, procedure in rows}


def test_extension_migrations_make_daily_hypertables_from_every_earlier_version(
    server: TimescaleServer, connection: Connection
) -> None:
    newest = migrations(has_timescale=True)[-1].version
    for version in range(newest + 1):
        server.run_script("DROP SCHEMA IF EXISTS tapeline CASCADE")
        if version:
            asyncio.run(migrate(connection, "tapeline", up_to=version))
        asyncio.run(migrate(connection, "tapeline"))
        asyncio.run(check_version(connection, "tapeline"))
        asyncio.run(check_tables(connection, "tapeline"))
        found = server.run(
            "SELECT hypertable_name, time_interval::text FROM timescaledb_information.dimensions"
            " WHERE hypertable_schema = 'tapeline'"
        )
        assert dict(found) == dict.fromkeys(DAILY, "1 day")
        assert policies(server) == dict.fromkeys(DAILY, "policy_compression")
        assert server.run("SELECT indexname FROM pg_indexes WHERE tablename = 'trade'") == []


def test_extension_chunks_are_utc_days(server: TimescaleServer, connection: Connection) -> None:
    filled(server, connection)
    found = asyncio.run(read_chunks(connection, "tapeline", "trade"))
    assert [day.number for day in found] == [0, *range(JANUARY, JANUARY + 3)]


def test_extension_rows_in_the_columnstore_are_answered_in_order(
    server: TimescaleServer, connection: Connection
) -> None:
    filled(server, connection)
    columns = [each for each in columns_of("trade") if each.name in ("timestamp_ns", "event_id")]
    span = Span(JANUARY * DAY_NS + 1, (JANUARY + 2) * DAY_NS)
    statement = select("tapeline", "trade", columns, Choice([1], {1: 0}), span)
    before = server.run(statement)
    assert [row[1] for row in before] == [
        (JANUARY + day) * DAY_NS + (3 - place) * 1_000_000_007 for day in (0, 1) for place in (2, 0)
    ]
    packed = server.run("SELECT compress_chunk(c) FROM show_chunks('trade') c")
    assert len(packed) == 4
    assert server.run(statement) == before


@pytest.mark.parametrize("is_packed", [False, True])
def test_extension_days_are_dropped_whole_and_rows_without_a_time_stay(
    server: TimescaleServer, connection: Connection, is_packed: bool
) -> None:
    filled(server, connection)
    if is_packed:
        server.run("SELECT compress_chunk(c) FROM show_chunks('trade') c")
    end = datetime.fromtimestamp((JANUARY + 1) * DAY_NS // 10**9, UTC).isoformat()
    first_day = int(server.run(CHUNK_BYTES, "trade", end)[0][0])
    assert first_day > 0
    day = Day("trade", JANUARY)
    with pytest.raises(StoreConflictError, match="2026-01-01"):
        asyncio.run(Dropping("here", day, 3)(connection))
    assert asyncio.run(Dropping("here", day, 4)(connection)) == 4
    left = server.run(
        "SELECT floor(extract(epoch FROM time) / 86400)::bigint, count(*) FROM trade"
        " GROUP BY 1 ORDER BY 1"
    )
    assert left == [[0, 1], [JANUARY + 1, 4], [JANUARY + 2, 4]]
    assert server.run(CHUNK_BYTES, "trade", end) == [[None]]


@pytest.mark.parametrize("is_packed", [False, True])
def test_extension_rows_of_1970_go_from_among_those_without_a_time(
    server: TimescaleServer, connection: Connection, is_packed: bool
) -> None:
    asyncio.run(migrate(connection, "tapeline"))
    for place, time_ns in enumerate((None, 7, None)):
        server.run(
            "INSERT INTO orderbook (time, timestamp_ns, log_offset, event_id, symbol_id, log_index,"
            " depth, exchange_id, action, origin, quality) VALUES ('1970-01-01 00:00+00', $1, $2,"
            " '00000000-0000-0000-0000-000000000000', 1, 0, 2, 1, 'delta', 'stream', 'perfect')",
            time_ns,
            place,
        )
    server.run("INSERT INTO day_rows VALUES ('orderbook', 0, 3)")
    if is_packed:
        server.run("SELECT compress_chunk(c) FROM show_chunks('orderbook') c")
    assert asyncio.run(Dropping("here", Day("orderbook", 0), 3)(connection)) == 1
    assert server.run("SELECT log_offset FROM orderbook ORDER BY 1") == [[0], [2]]
    assert server.run("SELECT rows FROM day_rows") == [[2]]


def test_extension_rows_come_late_into_a_packed_day(
    server: TimescaleServer, connection: Connection
) -> None:
    filled(server, connection, days=1)
    server.run("SELECT compress_chunk(c) FROM show_chunks('trade') c")
    server.run(
        "INSERT INTO trade SELECT time, timestamp_ns + 1, received_ns, 9, event_id, symbol_id,"
        " log_index, exchange_id, side, price, quantity, native_id, quality, issues, metadata"
        " FROM trade WHERE log_offset = 1"
    )
    columns = [each for each in columns_of("trade") if each.name == "timestamp_ns"]
    choice = Choice(None, {1: 0, 2: 1})
    found = server.run(select("tapeline", "trade", columns, choice, Span(JANUARY * DAY_NS, None)))
    times = [row[0] for row in found]
    assert len(times) == 5
    assert times == sorted(times)
