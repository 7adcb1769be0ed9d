"""Compaction beside the writers: a thread for each Parquet target, at low priority."""

import os
import sys
import threading
from collections.abc import Sequence
from typing import Final

from tapeline.errors import StoreError
from tapeline.storage.parquet.compaction import Compacted, Compactor
from tapeline.storage.parquet.open import folder_of
from tapeline.storage.targets import Kind, Target
from tapeline.telemetry.clock import Clock
from tapeline.telemetry.log import logger

_LOG = logger("tapeline.apps.store")
_NICE: Final = 15


class Compacting:
    """Compacts every Parquet target again and again, until it is stopped.

    Parameters
    ----------
    targets
        Those of other kinds are passed over.
    every_s
        Seconds between the end of a run and the next; 0 does nothing at all.
    level
        zstd level of the new files.
    grace_s
        Files that were replaced are deleted so many seconds later.
    """

    def __init__(
        self, targets: Sequence[Target], clock: Clock, *, every_s: float, level: int, grace_s: float
    ) -> None:
        self._every_s = every_s
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(
                target=self._work,
                args=(
                    target,
                    Compactor(folder_of(target), clock=clock, level=level, grace_s=grace_s),
                ),
                name=f"compact-{target.name}",
                daemon=True,
            )
            for target in targets
            if target.kind is Kind.PARQUET and every_s > 0
        ]

    def start(self) -> None:
        """Begin; the first run is after one interval."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End: what is being merged is finished first."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _work(self, target: Target, compactor: Compactor) -> None:
        _step_back()
        while not self._stop.wait(self._every_s):
            try:
                done = compactor.run(self._stop.is_set)
            except StoreError as error:
                _LOG.warning("compaction failed", target=target.shown, fault=str(error))
                if not getattr(error, "retryable", False):
                    return
            else:
                tell(target, done)


def tell(target: Target, done: Compacted) -> None:
    """Log what a run has done, if it has done anything."""
    if done.jobs:
        _LOG.info(
            "compacted",
            target=target.shown,
            files=done.files_before,
            into=done.files_after,
            rows=done.rows,
        )


def _step_back() -> None:
    """Let everything else go first; on Linux a thread has a priority of its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
