"""Tasks on the machines of a Ray cluster: ``pip install 'tapeline[ray]'``."""

import os
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any

from tapeline.compute.sweep.executors import Done, Task
from tapeline.errors import ArgumentError


class RayExecutor:
    """Tasks on Ray.

    Every machine must reach the data by the same address and have the strategies in the same
    folder: a task holds names and parameters, and no rows.

    Parameters
    ----------
    address
        Of the cluster, as ``ray.init`` takes it; None starts one on this machine, which ends with
        the sweep.
    workers
        Tasks done at once.

    Raises
    ------
    ArgumentError
        Ray is not installed.
    """

    def __init__(self, address: str | None = None, workers: int = 2) -> None:
        if workers < 1:
            raise ArgumentError(f"workers must be 1 or more, was {workers}")
        if find_spec("ray") is None:
            raise ArgumentError("ray is not installed: `pip install 'tapeline[ray]'`")
        self._address = address
        self._workers = workers

    @property
    def workers(self) -> int:
        """How many tasks are done at once."""
        return self._workers

    def map(self, function: Callable[[Task], Done], tasks: Sequence[Task]) -> Iterator[Done]:
        """Yield what the function gives for each task."""
        # Ray reports its use to its makers unless told not to, and reads this when it is imported.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        import ray

        local: dict[str, Any] = {}
        if self._address is None:
            local = {"num_cpus": self._workers, "include_dashboard": False}
        ray.init(address=self._address, log_to_driver=False, configure_logging=False, **local)
        try:
            remote = ray.remote(num_cpus=1)(function)
            waiting = [remote.remote(task) for task in tasks[: self._workers]]
            following = iter(tasks[self._workers :])
            while waiting:
                done = ray.get(waiting.pop(0))
                if (task := next(following, None)) is not None:
                    waiting.append(remote.remote(task))
                yield done
        finally:
            ray.shutdown()
