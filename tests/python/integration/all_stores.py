"""One bus, every store: the writers as processes that can be killed, and the audit of them all."""

import json
import multiprocessing
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tapeline.apps.audit import audit
from tapeline.apps.audit_table import AuditReport
from tapeline.apps.openers import OPENERS
from tapeline.apps.settings import StoreSettings
from tapeline.apps.store import store
from tapeline.errors import StoreUnavailableError
from tapeline.storage.consumer.kafka_source import KafkaSource
from tapeline.storage.ports import Chunk, Offsets, Store
from tapeline.storage.schema import EVENT_TYPES
from tapeline.storage.targets import Target, parse_target
from tapeline.telemetry.clock import Clock
from tests.services import s3
from tests.services.clickhouse import ClickHouseServer
from tests.services.kafka import KafkaBroker
from tests.services.postgres import PostgresServer
from tests.services.redis import RedisServer

#: Redis has sixteen databases, and each test has one of its own.
_CACHES = count()

#: What a store may do wrong on purpose, in the process of the writer.
FAILPOINTS: dict[str, Callable[[], None]] = {}


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers that stores live on."""

    broker: KafkaBroker
    postgres: PostgresServer
    clickhouse: ClickHouseServer
    bucket: s3.S3Server
    cache: RedisServer


@dataclass(frozen=True, slots=True)
class Fed:
    """A full bus, and the ledgers of those who filled it."""

    servers: Servers
    folder: Path
    ledgers: tuple[Path, ...]

    def targets(self, folder: Path) -> tuple[str, ...]:
        """Return new, empty stores of every kind."""
        name = f"t{uuid.uuid4().hex[:12]}"
        servers = self.servers
        return (
            f"parquet:{folder / 'store'}",
            servers.bucket.target(name),
            servers.postgres.database().target(),
            servers.clickhouse.target(name),
            servers.cache.target(next(_CACHES)),
        )

    def settings(self, targets: Sequence[str], **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return settings of a writer that commits often, so that faults find it at work."""
        return {
            "transport": f"kafka://{self.servers.broker.servers}",
            "targets": targets,
            "chunk_rows": 1_000,
            "flush_interval_s": 0.1,
            "session_timeout_s": 2.0,
            **more,
        }

    def audit(self, targets: Sequence[str], *, ledgers: bool = True) -> AuditReport:
        """Hold every store against ledgers and bus."""
        return audit(
            [parse_target(text) for text in targets],
            list(self.ledgers) if ledgers else [],
            f"kafka://{self.servers.broker.servers}",
            list(EVENT_TYPES),
        )


class Writer:
    """A running ``tapeline store`` of a process with everything imported already."""

    def __init__(self, settings: Mapping[str, Any], folder: Path, failpoint: str = "") -> None:
        self._summary = folder / f"summary-{uuid.uuid4().hex}.json"
        self._process: BaseProcess = _CONTEXT.Process(
            target=_write, args=(dict(settings), s3_keys(), str(self._summary), failpoint)
        )
        self._process.start()

    @property
    def is_running(self) -> bool:
        return self._process.is_alive()

    @property
    def exit_code(self) -> int | None:
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()
        self._process.join(60)

    def stop(self) -> None:
        self._process.terminate()

    def join(self, timeout_s: float = 240) -> None:
        """Wait for an end of any kind."""
        self._process.join(timeout_s)
        assert self._process.exitcode is not None, "the writer did not end"

    def summary(self, timeout_s: float = 240) -> dict[str, Any]:
        """Wait for an orderly end; return what was done."""
        self.join(timeout_s)
        assert self._process.exitcode == 0
        summary: dict[str, Any] = json.loads(self._summary.read_text())
        assert summary["ended_by"] is None
        assert summary["residual"] == 0
        return summary


_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])


@contextmanager
def writing(
    fed: Fed,
    targets: Sequence[str],
    folder: Path,
    failpoint: str = "",
    **settings: Any,  # noqa: ANN401
) -> Iterator[Writer]:
    """Run a writer; kill it when the block ends."""
    writer = Writer(fed.settings(targets, **settings), folder, failpoint)
    try:
        yield writer
    finally:
        writer.kill()


def store_all(fed: Fed, targets: Sequence[str], folder: Path, **settings: Any) -> dict[str, Any]:  # noqa: ANN401
    """Store everything that is on the bus; return the summary."""
    with writing(fed, targets, folder, **{"idle_s": 3.0, **settings}) as writer:
        return writer.summary()


def assert_balances(report: AuditReport) -> None:
    """Every stream of every ledger is in every store, each event once."""
    for target in report.targets:
        assert target.fault is None, target.fault
        assert target.lines, target.target
        bad = [line.as_dict() for line in target.lines if line.residual]
        assert bad == [], (target.target, bad)
    assert report.is_good


def s3_keys() -> dict[str, str]:
    return {"AWS_ACCESS_KEY_ID": s3.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": s3.SECRET_KEY}


def commits(targets: Sequence[str]) -> int:
    """Count the commits of the Parquet store on this machine."""
    folder = next(target.path for target in map(parse_target, targets) if target.path is not None)
    return len(list((folder / "_log").glob("*.json")))


def wait_for_commit(targets: Sequence[str], more_than: int = 0) -> None:
    end = time.monotonic() + 180
    while commits(targets) <= more_than:
        assert time.monotonic() < end, "no commit within 180 s"
        time.sleep(0.02)


def _write(
    settings: dict[str, Any], environment: dict[str, str], summary: str, failpoint: str
) -> None:
    os.environ.update(environment)
    if failpoint:
        FAILPOINTS[failpoint]()
    done = store(StoreSettings.model_validate(settings), is_quiet=True)
    Path(summary).write_text(json.dumps({**done.as_dict(), "ended_by": done.ended_by}))


def _die_before_telling_the_bus() -> None:
    """Be killed when a store has rows and the bus has not been told: the third time."""
    left = [3]

    def commit(self: KafkaSource, offsets: Offsets) -> None:
        del self, offsets
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    KafkaSource.commit = commit  # type: ignore[method-assign]


class _Forgetful:
    """A store whose first and every third answer get lost: it has the rows, and says it is away."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self._writes = 0
        self.open = inner.open
        self.progress = inner.progress
        self.rehearse = inner.rehearse
        self.close = inner.close

    def write(self, chunk: Chunk) -> None:
        self._inner.write(chunk)
        self._writes += 1
        if self._writes % 3 == 1:
            raise StoreUnavailableError("the answer got lost")


def _lose_answers() -> None:
    def opening(opener: Callable[[Target, Clock], Store]) -> Callable[[Target, Clock], Store]:
        return lambda target, clock: _Forgetful(opener(target, clock))

    for kind, opener in list(OPENERS.items()):
        OPENERS[kind] = opening(opener)


FAILPOINTS["die_before_telling_the_bus"] = _die_before_telling_the_bus
FAILPOINTS["lose_answers"] = _lose_answers
