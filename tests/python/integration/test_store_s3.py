"""The Parquet store in a bucket of a real S3 server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tapeline.errors import StoreConflictError, StoreUnavailableError
from tapeline.storage.parquet.open import open_parquet
from tapeline.storage.parquet.store import ParquetStore
from tapeline.storage.ports import Chunk
from tapeline.storage.targets import parse_target
from tapeline.telemetry.clock import SystemClock
from tapeline.transport.local_file import LocalFile
from tests.python.contract.test_parquet_store import PARTITION, chunk_of
from tests.python.storing import as_read, decoded, ids, make_messages, stored
from tests.services.s3 import ACCESS_KEY, SECRET_KEY, S3Server, s3_or_skip

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    running = s3_or_skip(tmp_path_factory.mktemp("s3"))
    try:
        yield running
    finally:
        running.kill()


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)


def opened(address: str) -> ParquetStore:
    store = open_parquet(parse_target(address), SystemClock())
    store.open()
    return store


def downloaded(address: str, folder: Path) -> Path:
    """Copy a store from its bucket, to be read as one on a disk is."""
    bucket = open_parquet(parse_target(address), SystemClock())._folder
    for each in bucket.list(""):
        path = folder / each.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bucket.read(each.path) or b"")
    return folder


def test_missing_keys_are_named(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    address = server.target("without-keys")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    # Where a cloud's machine would have keys of a role.
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(
        StoreUnavailableError, match="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"
    ):
        opened(address)


def test_rows_written_to_a_bucket_come_back_exactly(server: S3Server, tmp_path: Path) -> None:
    messages = make_messages(900)
    address = server.target("exact")
    opened(address).write(chunk_of(as_read(messages)))
    found = stored(downloaded(address, tmp_path))
    expected = decoded(messages)
    order = [("raw_symbol", "ascending"), ("native_id", "ascending")]
    assert (
        found.select(expected.schema.names).sort_by(order).to_pylist()
        == expected.sort_by(order).to_pylist()
    )
    assert opened(address).progress([PARTITION]).offsets == {PARTITION: 1}


def test_a_second_writer_is_refused_by_the_conditional_put(
    server: S3Server, tmp_path: Path
) -> None:
    address = server.target("fenced")
    first, second = opened(address), opened(address)
    chunk = chunk_of(as_read(make_messages(90)))
    first.write(chunk)
    with pytest.raises(StoreConflictError):
        second.write(chunk)
    second.write(Chunk({}, {PARTITION: 1}, {PARTITION: 2}))
    assert stored(downloaded(address, tmp_path)).num_rows == 90


def test_the_command_fills_a_bucket_and_goes_on_where_it_ended(
    server: S3Server, tmp_path: Path
) -> None:
    bus = tmp_path / "bus.db"
    messages = make_messages(600)
    address = server.target("command/deep")
    for part in (messages[:12], messages[12:]):
        file = LocalFile(bus)
        file.append(part)
        file.close()
        program = [sys.executable, "-m", "tapeline.apps.cli", "store", "--json", "--idle", "0.5"]
        done = subprocess.run(
            [*program, "--transport", f"local:{bus}", "--target", address],
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        (target,) = json.loads(done.stdout)["targets"]
        assert (target["messages"], target["residual"]) == (len(part), 0)
    table = stored(downloaded(address, tmp_path / "copy"))
    assert sorted(ids(table)) == sorted(ids(decoded(messages)))


def test_wrong_keys_and_a_missing_server_are_faults_that_may_pass(
    server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreUnavailableError, match=r"127\.0\.0\.1:1"):
        opened("parquet:s3://tapeline/x?endpoint=http://127.0.0.1:1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(StoreUnavailableError, match="s3://tapeline/x"):
        opened(server.target("x"))


def test_what_obstore_calls_taken_is_what_the_store_waits_for(server: S3Server) -> None:
    folder = open_parquet(parse_target(server.target("put-new")), SystemClock())._folder
    assert folder.put_new("_log/1.json", b"mine")
    assert not folder.put_new("_log/1.json", b"yours")
    assert folder.read("_log/1.json") == b"mine"
    assert folder.read("_log/2.json") is None
    folder.delete("_log/1.json")
    folder.delete("_log/1.json")
