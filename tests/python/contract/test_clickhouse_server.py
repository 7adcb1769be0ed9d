"""The server that the tests of ClickHouse stand on, and the settings that are shipped for one."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.services.clickhouse import (
    DEPLOYED,
    PASSWORD,
    USER,
    ClickHouseServer,
    ClickHouseUnavailable,
    clickhouse_or_skip,
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    server = clickhouse_or_skip(tmp_path_factory.mktemp("clickhouse-server"))
    yield server
    server.stop()


PATIENCE_S = 120
"""However slow the machine is; nothing waits so long that works."""


def ask(server: ClickHouseServer, sql: str) -> str:
    headers = {"X-ClickHouse-User": USER, "X-ClickHouse-Key": PASSWORD}
    request = urllib.request.Request(server.url, data=sql.encode(), headers=headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
        return str(answer.read().decode().strip())


def test_the_wheel_has_a_listener_that_answers(server: ClickHouseServer) -> None:
    """When this fails the internal entry point is gone: see tests/services/clickhouse.py."""
    assert ask(server, "SELECT version()").startswith("26.9.")
    assert ask(server, "SELECT currentUser()") == USER


def test_data_survives_a_kill_and_a_freeze(server: ClickHouseServer) -> None:
    ask(server, "CREATE DATABASE kept")
    ask(server, "CREATE TABLE kept.t (n Int64) ENGINE = MergeTree ORDER BY n")
    ask(server, "INSERT INTO kept.t SELECT number FROM numbers(1000)")
    server.pause()
    try:
        with pytest.raises(OSError, match="timed out"):
            urllib.request.urlopen(f"{server.url}/ping", timeout=0.5)  # noqa: S310
    finally:
        server.resume()
    server.kill()
    with pytest.raises(OSError, match="refused"):
        ask(server, "SELECT 1")
    server.start()
    assert ask(server, "SELECT count() FROM kept.t") == "1000"


def test_a_server_that_cannot_start_is_a_failure_with_its_reason(tmp_path: Path) -> None:
    server = ClickHouseServer(tmp_path)
    (tmp_path / "users.d").mkdir()
    (tmp_path / "users.d" / "broken.xml").write_text("<clickhouse>")
    with pytest.raises(ClickHouseUnavailable, match="ended"):
        server.start()


@pytest.mark.parametrize(
    ("table", "name", "value"),
    [
        ("merge_tree_settings", "min_bytes_for_wide_part", "1073741824"),
        ("settings", "max_partitions_per_insert_block", "1000"),
        ("settings", "final", "1"),
    ],
)
def test_the_engine_takes_the_settings_we_ship(
    server: ClickHouseServer, table: str, name: str, value: str
) -> None:
    assert ask(server, f"SELECT value FROM system.{table} WHERE name = '{name}'") == value  # noqa: S608


def test_large_parts_are_compressed_with_zstd_of_level_one() -> None:
    """The one file clickhouse-local cannot read, so its words are compared with the manual's."""
    root = ElementTree.parse(DEPLOYED / "config.d" / "tapeline-compression.xml").getroot()  # noqa: S314
    (case,) = root.findall("compression/case")
    assert {each.tag: each.text for each in case} == {
        "min_part_size": "1073741824",
        "min_part_size_ratio": "0.01",
        "method": "zstd",
        "level": "1",
    }
