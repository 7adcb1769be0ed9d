"""Where the tasks of a sweep are done."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Protocol, TypeVar

from tapeline.errors import ArgumentError

Task = TypeVar("Task")
Done = TypeVar("Done")


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


class Processes:
    """Processes of this machine, begun anew (``spawn``), so that nothing of this one leaks in.

    Parameters
    ----------
    workers
        How many.
    """

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
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self._workers, mp_context=context) as pool:
            yield from pool.map(function, tasks)
