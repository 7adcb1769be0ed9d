"""The Redis cache on a real server: entries fresh or gone, counters that balance."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, cast

import orjson
import pyarrow as pa
import pytest

from tapeline.errors import (
    SettingsError,
    StoreConflictError,
    StoreFormatError,
    StoreUnavailableError,
)
from tapeline.storage.ports import Chunk, Mark, Partition
from tapeline.storage.redis_cache import store as redis_store
from tapeline.storage.redis_cache.layout import BOUNDS, LEVELS, Bounds, entry_key
from tapeline.storage.redis_cache.store import RedisStore, open_redis
from tapeline.storage.schema import stored_schema_of
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import SystemClock
from tests.python.clickhouse_stores import PARTITION, chunk_of
from tests.python.storing import as_read, make_messages
from tests.services.redis import RedisServer, redis_or_skip

OTHER: Partition = ("orderbook.binance.spot", 1)
_NUMBERS = count()
GONE = -2
"""What Redis says of the time of a key that is not there."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = redis_or_skip(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def address(server: RedisServer) -> str:
    """A database nobody has used."""
    number = next(_NUMBERS) % 16
    with server.client(number) as client:
        client.flushdb()
    return server.target(number)


@contextmanager
def opened(address: str) -> Iterator[RedisStore]:
    store = open_redis(parse_target(address), SystemClock())
    try:
        store.open()
        yield store
    finally:
        store.close()


def entry(store: RedisStore, kind: str, instrument: str) -> Any:  # noqa: ANN401
    found = store._client.get(entry_key(kind, instrument))
    return None if found is None else orjson.loads(found)


def rows_taken(store: RedisStore) -> dict[str, int]:
    found = cast(dict[bytes, bytes], store._client.hgetall("tapeline:rows"))
    return {name.decode(): int(number) for name, number in found.items()}


def book_row(place: int, **more: object) -> dict[str, Any]:
    schema = stored_schema_of("orderbook")
    row: dict[str, Any] = {field.name: None for field in schema}
    return row | {
        "exchange": "binance",
        "market": "spot",
        "symbol": "BTC/USDT",
        "raw_symbol": "BTCUSDT",
        "event_id": bytes(8) + place.to_bytes(8),
        "depth": 2,
        "action": "delta",
        "bids": [],
        "asks": [],
        "origin": "wire",
        "quality": "perfect",
        "issues": [],
        "metadata": [],
        "timestamp_ns": 1_000 + place,
        "log_offset": place,
        "log_index": 0,
        **more,
    }


def levels(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
    from decimal import Decimal

    return [{"price": Decimal(price), "quantity": Decimal(size)} for price, size in pairs]


def orders(*rows: dict[str, Any]) -> dict[str, pa.Table]:
    return {"orderbook": pa.Table.from_pylist(list(rows), stored_schema_of("orderbook"))}


def test_the_last_trade_of_each_instrument_is_its_ticker(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_store, "BOUNDS", dict(BOUNDS) | {"ticker": Bounds(60_000, 10)})
    chunk = chunk_of(as_read(make_messages(300)))
    with opened(address) as store:
        store.write(chunk)
        last = chunk.tables["trade"].to_pylist()
        for name in ("BTCUSDT", "ETHUSDT", "SOLUSDT"):
            row = [each for each in last if each["raw_symbol"] == name][-1]
            found = entry(store, "ticker", f"binance.spot.{name}")
            assert found["timestamp_ns"] == row["timestamp_ns"]
            assert found["price"] == f"{row['price']:f}".rstrip("0").rstrip(".")
            assert (found["side"], found["symbol"]) == (row["side"], row["symbol"])
        assert rows_taken(store) == {"trade": 300}


def written_for(store: RedisStore, row: dict[str, Any], key: str) -> int:
    """Write a row; return for how many milliseconds its entry stays."""
    store.write(Chunk(orders(row), {}, {}))
    return int(store._client.pttl(key))


def test_an_entry_is_gone_when_it_is_no_longer_fresh(address: str) -> None:
    best = book_row(1, depth=1, action="snapshot", bids=levels(("9.5", "1")), asks=[])
    with opened(address) as store:
        client = store._client
        key = entry_key("l1", "binance.spot.BTCUSDT")
        end = time.monotonic() + 60
        # It may be gone again before anybody has looked.
        while (left_ms := written_for(store, best, key)) == GONE:
            assert time.monotonic() < end, "no entry was seen"
        assert 0 < left_ms <= BOUNDS["l1"].ttl_ms
        time.sleep(BOUNDS["l1"].ttl_ms / 1000 + 0.05)
        assert client.get(key) is None


def test_of_more_instruments_than_there_is_room_for_the_latest_stay(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = dict(BOUNDS) | {"ticker": Bounds(60_000, 4)}
    monkeypatch.setattr(redis_store, "BOUNDS", bounds)
    table = chunk_of(as_read(make_messages(3))).tables["trade"]
    with opened(address) as store:
        for place in range(10):
            names = pa.array([f"X{place}"] * 3)
            place_of = table.schema.get_field_index("raw_symbol")
            store.write(Chunk({"trade": table.set_column(place_of, "raw_symbol", names)}, {}, {}))
        client = store._client
        kept = sorted(map(str, cast(list[bytes], client.keys("tapeline:ticker:*"))))
        names = [entry_key("ticker", f"binance.spot.X{place}") for place in (6, 7, 8, 9)]
        assert kept == [str(name.encode()) for name in names]
        assert client.zcard("tapeline:index:ticker") == 4


def test_a_book_is_what_its_snapshot_and_deltas_make_it(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_store, "BOUNDS", dict(BOUNDS) | {"l2": Bounds(60_000, 5)})
    name = "binance.spot.BTCUSDT"
    with opened(address) as store:
        snapshot = book_row(
            *(1,),
            action="snapshot",
            origin="rest",
            last_update_id=10,
            bids=levels(("9", "1"), ("8", "2")),
            asks=levels(("10", "3"), ("11", "4")),
        )
        first = book_row(
            *(2,),
            first_update_id=11,
            last_update_id=12,
            bids=levels(("9", "0"), ("8.5", "7")),
            asks=levels(("10", "0.5")),
        )
        store.write(Chunk(orders(snapshot, first), {}, {}))
        found = entry(store, "l2", name)
        assert found["state"] == "live"
        assert found["bids"] == [["8.5", "7"], ["8", "2"]]
        assert found["asks"] == [["10", "0.5"], ["11", "4"]]
        # A hole in the ids: a book that may be wrong shows nothing.
        later = book_row(3, first_update_id=20, last_update_id=21, bids=levels(("1", "1")))
        store.write(Chunk(orders(later), {}, {}))
        found = entry(store, "l2", name)
        assert found["state"] != "live"
        assert (found["bids"], found["asks"]) == ([], [])


def test_a_channel_of_whole_books_shows_the_last_one_and_no_more_levels_than_said(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_store, "BOUNDS", dict(BOUNDS) | {"l2": Bounds(60_000, 5)})
    with opened(address) as store:
        for place in (1, 2, 3):
            bids = levels(*((str(1000 - step), str(place)) for step in range(LEVELS + 10)))
            asks = levels(("1001", str(place)))
            row = book_row(place, action="snapshot", last_update_id=place, bids=bids, asks=asks)
            store.write(Chunk(orders(row), {}, {}))
        found = entry(store, "l2", "binance.spot.BTCUSDT")
        assert found["state"] == "live"
        assert found["asks"] == [["1001", "3"]]
        assert len(found["bids"]) == LEVELS


def test_progress_and_marks_survive_a_restart_and_are_bounded(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_store, "BATCHES_PER_STREAM", 4)
    marks = [Mark("one", PARTITION[0], number, 2**32 - number) for number in (1, 2, 3, 9, 10, 11)]
    late = Mark("two", f"{OTHER[0]}.btcusdt", 2**63, 5)
    with opened(address) as store:
        store.write(Chunk({}, {PARTITION: None}, {PARTITION: 2**60}, marks))
        store.write(
            Chunk({}, {OTHER: None, PARTITION: 2**60}, {OTHER: 3, PARTITION: 2**62}, [late])
        )
    with opened(address) as store:
        progress = store.progress([PARTITION, ("trade.binance.spot.none", 0)])
        assert progress.offsets == {PARTITION: 2**62}
        assert list(progress.marks) == marks[2:]
        assert store.progress([OTHER]).marks == [late]


def test_a_second_writer_is_refused_and_counts_nothing(address: str) -> None:
    chunk = chunk_of(as_read(make_messages(90)))
    with opened(address) as first, opened(address) as second:
        first.write(chunk)
        for store in (second, first):
            with pytest.raises(StoreConflictError, match="another writer"):
                store.write(chunk)
        # One partition is right and one is not: neither moves.
        both = replace(
            chunk, expected={OTHER: None, PARTITION: 7}, offsets={OTHER: 1, PARTITION: 8}
        )
        with pytest.raises(StoreConflictError):
            second.write(both)
        assert rows_taken(first) == {"trade": 90}
        assert first.progress([PARTITION, OTHER]).offsets == {PARTITION: 1}


def test_many_writers_of_one_partition_move_it_one_step_at_a_time(address: str) -> None:
    tables = chunk_of(as_read(make_messages(3))).tables
    won: list[int] = []

    def race() -> None:
        with opened(address) as store:
            for step in range(40):
                expected = step or None
                try:
                    store.write(Chunk(tables, {PARTITION: expected}, {PARTITION: step + 1}))
                    won.append(step)
                except StoreConflictError:
                    continue

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == len(set(won))
    with opened(address) as store:
        assert rows_taken(store) == {"trade": 3 * len(won)}
        assert store.progress([PARTITION]).offsets == {PARTITION: len(won)}


_WRITER = """
import sys
from tapeline.storage.ports import Chunk
from tests.python.contract.test_redis_cache import PARTITION, chunk_of, opened
from tests.python.storing import as_read, make_messages

tables = chunk_of(as_read(make_messages(30))).tables
with opened(sys.argv[1]) as store:
    number = store.progress([PARTITION]).offsets.get(PARTITION, 0)
    print(number, flush=True)
    while True:
        store.write(Chunk(tables, {PARTITION: number or None}, {PARTITION: number + 1}))
        number += 1
        print(number, flush=True)
"""


def test_kill_minus_nine_of_the_writer_leaves_counters_that_balance(address: str) -> None:
    root = Path(__file__).parents[3]
    for round_ in range(3):
        program = [sys.executable, "-c", _WRITER, address]
        with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, cwd=root) as process:
            assert process.stdout is not None
            for _ in range(2):  # Where it begins, and its first write.
                process.stdout.readline()
            time.sleep(0.05 + round_ * 0.037)
            process.kill()
            said = [int(line) for line in process.stdout.read().split()]
        with opened(address) as store:
            offset = store.progress([PARTITION]).offsets[PARTITION]
            assert not said or offset in (said[-1], said[-1] + 1)
            assert rows_taken(store) == {"trade": 30 * offset}


def test_a_frozen_or_dead_server_is_unavailable_and_the_outcome_is_found_out(
    tmp_path: Path,
) -> None:
    server = redis_or_skip(tmp_path, keeps=True)
    try:
        chunk = chunk_of(as_read(make_messages(90)))
        with opened(server.target(0, "?timeout=3")) as store:
            server.pause()
            with pytest.raises(StoreUnavailableError):
                store.write(chunk)
            server.resume()
            # What was sent into the freeze is carried out now or never; the same chunk after it is
            # a conflict, and before it makes that one a conflict.
            with suppress(StoreConflictError):
                store.write(chunk)
            server.kill()
            with pytest.raises(StoreUnavailableError, match="127"):
                store.progress([PARTITION])
            server.start()
            assert store.progress([PARTITION]).offsets == {PARTITION: 1}
            assert rows_taken(store) == {"trade": 90}
    finally:
        server.stop()


def test_a_full_server_is_waited_for(tmp_path: Path) -> None:
    server = redis_or_skip(tmp_path)
    try:
        with opened(server.target()) as store, server.client() as client:
            client.config_set("maxmemory", "1")
            with pytest.raises(StoreUnavailableError, match="maxmemory"):
                store.write(chunk_of(as_read(make_messages(90))))
            client.config_set("maxmemory", "0")
            store.write(chunk_of(as_read(make_messages(90))))
            assert rows_taken(store) == {"trade": 90}
    finally:
        server.stop()


def test_a_wrong_password_a_foreign_key_and_another_version_are_sentences(tmp_path: Path) -> None:
    server = redis_or_skip(tmp_path, password="right")  # noqa: S106
    try:
        for login in (":guessed@", ""):
            address = f"redis://{login}127.0.0.1:{server.port}/0"
            sentence = "password is wrong"
            with pytest.raises(StoreFormatError, match=sentence) as raised, opened(address):
                pass
            assert "guessed" not in str(raised.value)
        with server.client() as client:
            client.set("tapeline:offsets", "mine")
            with opened(server.target()) as store, pytest.raises(StoreFormatError):
                store.write(chunk_of(as_read(make_messages(3))))
            client.set("tapeline:format", "2")
        with pytest.raises(StoreFormatError, match="another version"), opened(server.target()):
            pass
    finally:
        server.stop()


@pytest.mark.parametrize(
    "address", ["redis://h/0?timeout=soon", "redis://h/0?ttl=3", "redis://h/x"]
)
def test_a_bad_address_is_refused(address: str) -> None:
    with pytest.raises(SettingsError):
        open_redis(parse_target(address), SystemClock())
