"""Work in a process of its own, which can be ended when it does not end by itself."""

import multiprocessing
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from multiprocessing.connection import Connection
from typing import Any, Final, TypeVar

from tapeline.errors import BacktestError, StrategyTimeoutError, TapelineError

Result = TypeVar("Result")
Tell = Callable[[Any], None]

_START_S: Final = 300.0
"""A process that has not begun by then never will."""


def in_own_process(
    task: Callable[[Tell], Result], timeout_s: float, tell: Tell | None = None
) -> Result:
    """Do a task in a new process.

    Parameters
    ----------
    task
        Can be pickled. It is given a function that hands a value to ``tell``.
    timeout_s
        Time it has from the moment on that it begins; starting the process does not count.
    tell
        Called in this process with what the task says on its way.

    Raises
    ------
    StrategyTimeoutError
        It did not end in time. It was killed.
    BacktestError
        Its process died.
    TapelineError
        Whatever of these the task raised.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(task, sender), daemon=True)
    process.start()
    sender.close()
    try:
        result: Result = _result(receiver, timeout_s, tell)
        return result
    except EOFError:
        process.join()
        raise BacktestError(
            f"the process of the run died with exit code {process.exitcode}"
        ) from None
    finally:
        # It has given its result, or never will.
        process.kill()
        process.join()
        process.close()
        receiver.close()


def _result(receiver: Connection, timeout_s: float, tell: Tell | None) -> Any:  # noqa: ANN401
    deadline = time.monotonic() + _START_S
    while True:
        if not receiver.poll(max(0.0, deadline - time.monotonic())):
            raise StrategyTimeoutError(f"the run did not end in {timeout_s:g} s and was stopped")
        kind, value = receiver.recv()
        if kind == "begun":
            deadline = time.monotonic() + timeout_s
        elif kind == "told":
            if tell is not None:
                tell(value)
        elif kind == "failed":
            raise value
        else:
            return value


def _work(task: Callable[[Tell], Any], sender: Connection) -> None:
    sender.send(("begun", None))
    try:
        # What a strategy prints is no part of what the command says.
        with redirect_stdout(sys.stderr):
            result = task(lambda value: sender.send(("told", value)))
    except TapelineError as error:
        sender.send(("failed", error))
    except Exception as error:  # noqa: BLE001 - the outer edge of a process: it is raised in the other
        sender.send(("failed", BacktestError(f"the run failed: {error!r}")))
    else:
        sender.send(("done", result))
