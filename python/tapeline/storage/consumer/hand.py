"""A thread that does one job at a time for another one."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class Hand:
    """Runs jobs one after the other.

    Unlike an executor's, its thread does not keep the process from ending while a store hangs.
    """

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = (
            queue.SimpleQueue()
        )
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[], Any]) -> "Future[Any]":
        """Have a job done."""
        future: Future[Any] = Future()
        self._jobs.put((job, future))
        return future

    def end(self, timeout_s: float) -> bool:
        """Let the thread end after the jobs it has; return whether it did in time."""
        self._jobs.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (item := self._jobs.get()) is not None:
            job, future = item
            try:
                future.set_result(job())
            except BaseException as error:  # noqa: BLE001 - whoever waits for it raises it
                future.set_exception(error)
