"""Runs one worker a target until it is told to stop, or nothing comes any more."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from tapeline.apps.compacting import Compacting
from tapeline.apps.lasting import settle_in
from tapeline.apps.openers import OPENERS
from tapeline.apps.store_summary import StoreSummary, TargetSummary
from tapeline.errors import SettingsError, TapelineError
from tapeline.storage.consumer.buffer import Limits
from tapeline.storage.consumer.counters import WorkerMetrics
from tapeline.storage.consumer.dead_letter import (
    DeadLetters,
    KafkaDeadLetters,
    LocalDeadLetters,
    dead_letter_path,
)
from tapeline.storage.consumer.kafka_source import KafkaSource, check_broker
from tapeline.storage.consumer.local_source import LocalSource
from tapeline.storage.consumer.trimming import Trimming
from tapeline.storage.consumer.worker import Worker
from tapeline.storage.consumer.zeromq_source import ZmqSource
from tapeline.storage.ports import Source
from tapeline.storage.targets import Target
from tapeline.telemetry.clock import Clock
from tapeline.telemetry.health import Beat, Check, Health
from tapeline.telemetry.log import logger
from tapeline.telemetry.metrics import Metrics
from tapeline.transport.uris import BusUri, KafkaUri, LocalUri, NatsUri, ZmqUri, state_path

_LOG = logger("tapeline.apps.store")
_LOOK_S: Final = 0.1
_BROKER_S: Final = 10.0


class StoreRunner:
    """Several workers, each with a thread, a source and a store of its own.

    A slow or broken store never holds up another: they share nothing but the dead letters.

    Parameters
    ----------
    is_trimming
        Remove from a local transport file what every target has.
    session_timeout_s
        Kafka misses a member that was killed for so long.
    health
        Where the targets' checks go.

    Raises
    ------
    SettingsError
        A target cannot be written by this version, or is named twice.
    TransportError
        The bus cannot be opened, or no broker answers. One that goes away later is waited for.
    """

    def __init__(
        self,
        transport: BusUri,
        targets: Sequence[Target],
        *,
        types: Sequence[str],
        limits: Limits,
        clock: Clock,
        metrics: Metrics,
        drain_s: float = 10.0,
        compacting: Compacting | None = None,
        is_trimming: bool = False,
        session_timeout_s: float = 10.0,
        health: Health | None = None,
    ) -> None:
        _check(targets)
        self._session_timeout_s = session_timeout_s
        self._compacting = compacting
        self._trimming = _trimming(transport, targets, clock) if is_trimming else None
        if isinstance(transport, KafkaUri):
            check_broker(transport.servers, _BROKER_S)
        elif isinstance(transport, NatsUri):
            from tapeline.storage.consumer.nats_source import check_server

            check_server(transport)
        self._clock = clock
        self._dead_letters = dead_letters_of(transport)
        self._stop = threading.Event()
        self._targets = targets
        self._began_ns = clock.monotonic_ns()
        self._quiet_s: float | None = None
        self._beat = Beat("runner", clock.monotonic_ns)
        if health is not None:
            health.live_when(self._beat.check)
            health.ready_when(self._checks)
        self.workers: list[Worker] = []
        for target in targets:
            self.workers.append(
                Worker(
                    target.name,
                    source=self._source(transport, target, types),
                    store=OPENERS[target.kind](target, clock),
                    dead_letters=self._dead_letters,
                    clock=clock,
                    metrics=WorkerMetrics(metrics, target.name, limits.bytes),
                    limits=limits,
                    drain_s=drain_s,
                )
            )

    def stop(self) -> None:
        """End in order: what was read is stored. May be called from a signal handler."""
        self._stop.set()

    def finish(self, quiet_s: float) -> None:
        """End in order when everything on the bus was read and nothing has come for so long."""
        self._quiet_s = quiet_s

    def run(self, idle_s: float | None, look: Callable[["StoreRunner"], None]) -> StoreSummary:
        """Work until :meth:`stop`, or until nothing has come for ``idle_s`` seconds.

        Parameters
        ----------
        look
            Called ten times a second.

        Returns
        -------
        StoreSummary
            A worker that a fault has ended is named there; the others went on.
        """
        threads = [
            threading.Thread(target=self._work, args=(worker,), name=worker.name, daemon=True)
            for worker in self.workers
        ]
        settle_in()
        for thread in threads:
            thread.start()
        if self._compacting is not None:
            self._compacting.start()
        while any(thread.is_alive() for thread in threads) and not self._stop.wait(_LOOK_S):
            self._beat.tick()
            look(self)
            if self._is_over(idle_s):
                self.stop()
        for thread in threads:
            thread.join()
        if self._compacting is not None:
            self._compacting.stop()
        self._dead_letters.close()
        if self._trimming is not None:
            self._trimming.finish()
        return self.summary()

    def summary(self) -> StoreSummary:
        """Return what was done so far."""
        return StoreSummary(
            [
                TargetSummary(target.shown, worker.counts)
                for target, worker in zip(self._targets, self.workers, strict=True)
            ],
            (self._clock.monotonic_ns() - self._began_ns) / 1e9,
        )

    def _checks(self) -> list[Check]:
        """Say of each target whether its store takes what it is given."""
        found = []
        for worker in self.workers:
            fault = worker.counts.ended_by or worker.counts.fault
            found.append(Check(f"target {worker.name}", fault is None, fault or ""))
        return found

    def _source(self, transport: BusUri, target: Target, types: Sequence[str]) -> Source:
        """Open the bus for one target, in a consumer group of its own."""
        if isinstance(transport, LocalUri):
            trimming = self._trimming
            on_commit = None if trimming is None else partial(trimming.stored, target.name)
            return LocalSource(transport, types, self._clock, on_commit)
        wanted = frozenset(types)
        if isinstance(transport, ZmqUri):
            return ZmqSource(
                transport,
                lambda topic: topic.partition(".")[0] in wanted,
                self._clock,
                prefixes=[f"{name}." for name in sorted(wanted)],
            )
        group = f"tapeline-store-{target.name}"
        if isinstance(transport, NatsUri):
            from tapeline.storage.consumer.nats_source import NatsSource

            return NatsSource(
                transport,
                lambda topic: topic.partition(".")[0] in wanted,
                self._clock,
                group=group,
            )
        return KafkaSource(
            transport.servers, group, types, self._clock, session_timeout_s=self._session_timeout_s
        )

    def _is_over(self, idle_s: float | None) -> bool:
        alive = [worker for worker in self.workers if worker.counts.ended_by is None]
        if self._quiet_s is not None:
            quiet_s = self._quiet_s
            return all(worker.has_read_all(quiet_s) for worker in alive)
        return idle_s is not None and all(worker.is_idle(idle_s) for worker in alive)

    def _work(self, worker: Worker) -> None:
        try:
            worker.run(self._stop)
        except TapelineError as error:
            worker.counts.ended_by = worker.counts.ended_by or str(error)
            _LOG.error("a target's worker has ended", fault=str(error), target=worker.name)
        except Exception as error:  # noqa: BLE001 - the thread's outer edge
            worker.counts.ended_by = worker.counts.ended_by or f"{type(error).__name__}: {error}"
            _LOG.exception("a target's worker has ended", target=worker.name)


def _check(targets: Sequence[Target]) -> None:
    for target in targets:
        if target.kind not in OPENERS:
            known = ", ".join(OPENERS)
            raise SettingsError(f"{target.shown}: this version writes {known} targets")
    names = [target.name for target in targets]
    if len(set(names)) < len(names):
        raise SettingsError("a target is named twice")
    if not names:
        raise SettingsError("no target: name one with --target, for example parquet:./data")


def _trimming(transport: BusUri, targets: Sequence[Target], clock: Clock) -> Trimming:
    if not isinstance(transport, LocalUri):
        raise SettingsError(
            "only a local transport file is trimmed: a broker has its own retention"
        )
    return Trimming(transport.path, [target.name for target in targets], clock)


def dead_letters_of(transport: BusUri) -> DeadLetters:
    """Return where messages go that no store can take."""
    if isinstance(transport, LocalUri):
        return LocalDeadLetters(dead_letter_path(transport.path))
    if isinstance(transport, NatsUri):
        from tapeline.storage.consumer.nats_dead_letter import NatsDeadLetters

        return NatsDeadLetters(transport)
    if isinstance(transport, ZmqUri):
        # Nobody keeps what is published: they go to a file of this machine.
        return LocalDeadLetters(state_path("deadletter", transport.endpoint))
    return KafkaDeadLetters(transport.servers)
