"""Where the tasks of a sweep are done."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from multiprocessing.context import BaseContext
from typing import Final, Protocol, TypeVar

import pyarrow as pa

from tapeline.errors import ArgumentError

Task = TypeVar("Task")
Done = TypeVar("Done")

_IMPORTED: Final = ["pandas", "numpy", "pyarrow", "tapeline.compute.columns"]
"""What takes longest of what a worker imports, and may be copied: Polars may not. Arrow imports
pandas at its first array, where it is installed."""
_THREADS: Final = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Executor(Protocol):
    """Does tasks, which can be pickled; what they give comes in their order."""

    @property
    def workers(self) -> int:
        """How many are done at once."""
        ...

    def map(self, function: Callable[[Task], Done], tasks: Sequence[Task]) -> Iterator[Done]:
        """Yield what the function gives for each task. The first error ends it."""
        ...


class InProcess:
    """One task after the other, here."""

    workers = 1

    def map(self, function: Callable[[Task], Done], tasks: Sequence[Task]) -> Iterator[Done]:
        """Yield what the function gives for each task."""
        return map(function, tasks)


class _Pool:
    """Workers that are begun for each list of tasks and end with it."""

    def __init__(self, workers: int) -> None:
        if workers < 1:
            raise ArgumentError(f"workers must be 1 or more, was {workers}")
        self._workers = workers

    @property
    def workers(self) -> int:
        """How many tasks are done at once."""
        return self._workers

    def map(self, function: Callable[[Task], Done], tasks: Sequence[Task]) -> Iterator[Done]:
        """Yield what the function gives for each task."""
        with self._begun() as pool:
            yield from pool.map(function, tasks)

    def _begun(self) -> futures.Executor:
        raise NotImplementedError


class Threads(_Pool):
    """Threads of this process: what is fastest here unless strategies are loops in Python.

    They begin at once, where processes import everything anew. Indicators, accounts, Arrow and
    NumPy work side by side; a strategy that computes in Python itself has the interpreter's lock,
    and is for :class:`Processes`. Each task loads the strategy for itself, so that threads share
    no strategy.

    Parameters
    ----------
    workers
        How many.
    """

    def _begun(self) -> futures.Executor:
        return futures.ThreadPoolExecutor(self._workers, "tapeline-sweep")


class Processes(_Pool):
    """Processes of this machine that share nothing with this one.

    They are copies of a process that has imported what takes longest and done nothing else
    (``forkserver``; on other systems than Linux each is begun anew). A worker has one thread where
    libraries would use all cores. To begin takes them seconds: see :class:`Threads`.

    Parameters
    ----------
    workers
        How many.
    """

    def _begun(self) -> futures.Executor:
        return futures.ProcessPoolExecutor(
            self._workers, mp_context=_context(), initializer=use_one_core
        )


def use_one_core() -> None:
    """Keep libraries from using cores that other workers work on; before their first use."""
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    pa.set_cpu_count(1)


def _context() -> BaseContext:
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    return context
