"""Compaction, archive and retention in a bucket of a real S3 server."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tapeline.access.opening import open_reader
from tapeline.access.ports import Query
from tapeline.apps.archive_check import ArchiveCheck
from tapeline.apps.archive_job import ArchiveJob
from tapeline.apps.retention_job import enforce, judge
from tapeline.errors import StoreConflictError
from tapeline.storage.archive.archive import open_archive
from tapeline.storage.archive.place import BucketPlace, place_of
from tapeline.storage.parquet.compaction import Compactor
from tapeline.storage.parquet.compaction_plan import Policy
from tapeline.storage.parquet.open import folder_of, open_parquet
from tapeline.storage.parquet.thinning import ParquetThinner
from tapeline.storage.ports import Chunk
from tapeline.storage.rawframes.archive import RawArchive, recordings_in
from tapeline.storage.schema import LOG_OFFSET
from tapeline.storage.targets import Target, parse_target
from tapeline.tape import TapeReader
from tapeline.telemetry.clock import SystemClock
from tests.python.archiving import DAY_NS, JANUARY_NS, SetClock, table_of, trade
from tests.python.contract.test_raw_archive import capture, session
from tests.services.s3 import ACCESS_KEY, SECRET_KEY, S3Server, s3_or_skip

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

NOW = SetClock(JANUARY_NS + 50 * DAY_NS)


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


def fill(target: Target) -> None:
    store = open_parquet(target, SystemClock())
    store.open()
    for place in range(12):
        rows = [
            trade(place * 10 + row, JANUARY_NS + (place * 10 + row) * DAY_NS // 4)
            for row in range(10)
        ]
        store.write(Chunk({"trade": table_of("trade", rows)}, {}, {}))


def offsets(target: Target) -> list[int]:
    reader = open_reader(target)
    start = pa.Table.from_batches(reader.read("trade", Query()), table_of("trade", []).schema)
    return sorted(start[LOG_OFFSET].to_pylist())


def test_a_bucket_is_compacted_archived_and_thinned_out(server: S3Server, tmp_path: Path) -> None:
    target = parse_target(server.target("live"))
    place = place_of(parse_target(server.target("archive")))
    fill(target)
    compactor = Compactor(
        folder_of(target), clock=SystemClock(), grace_s=0, policy=Policy(at_least=2)
    )
    assert compactor.run().files_before == 12
    assert offsets(target) == list(range(120))
    reader = open_reader(target)
    with open_archive(place, NOW) as archive:
        done = list(ArchiveJob(reader, archive, NOW).run(["trade"]))
    assert [each.outcome for each in done] == ["written"]
    # As any reader of Parquet sees it.
    content = place.folder.read("2024/Q1/trades_202401.parquet")
    assert content is not None
    assert pq.read_table(pa.BufferReader(content))[LOG_OFFSET].to_pylist() == list(range(120))
    thinner = ParquetThinner(folder_of(target), clock=SystemClock())
    thinner.begin()
    with ArchiveCheck(place) as check:
        verdicts = judge(reader, thinner, check, {"trade": 30}, NOW)
    assert (verdicts[0].rows, verdicts[0].kept) == (80, None)
    assert enforce(thinner, verdicts) == 80
    assert offsets(target) == list(range(80, 120))
    # Another run brings the archive's rows and the store's together.
    with open_archive(place, NOW) as archive:
        (again,) = ArchiveJob(reader, archive, NOW, again=["2024-01"]).run(["trade"])
    assert again.file is not None
    assert again.file.rows == 120


def test_of_two_runs_on_a_bucket_one_is_refused_by_its_manifest(server: S3Server) -> None:
    target = parse_target(server.target("live2"))
    fill(target)
    place = place_of(parse_target(server.target("archive2")))
    assert isinstance(place, BucketPlace)
    reader = open_reader(target)
    with open_archive(place, NOW) as slow, open_archive(place, NOW) as fast:
        list(ArchiveJob(reader, fast, NOW).run(["trade"]))
        with pytest.raises(StoreConflictError, match="another archive run"):
            list(ArchiveJob(reader, slow, NOW, again=["2024-01"]).run(["trade"]))
    # What the slow one has put in place has another history and the same rows: it is verified.
    with open_archive(place, NOW) as archive:
        assert archive.manifest.files["trade", "2024-01", ""].rows == 120


def test_raw_frames_in_a_bucket(server: S3Server, tmp_path: Path) -> None:
    frames = session(500)
    tape = capture(tmp_path / "s.jsonl", frames)
    place = place_of(parse_target(server.target("raw")))
    with place.working() as working:
        RawArchive(place, working).add(tape, TapeReader(tape).__iter__, "binance")
    ((_, reader),) = recordings_in(place, pytest.fail)
    assert list(reader.frames()) == frames
