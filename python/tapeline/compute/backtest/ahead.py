"""Reads in a thread of its own, a little ahead of who works on what was read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Final, TypeVar

Item = TypeVar("Item")

_LOOK_S: Final = 0.05
"""How often a thread that waits for room looks whether anybody still reads."""


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None


@contextmanager
def ahead(items: Iterator[Item], most: int = 1) -> Iterator[Iterator[Item]]:
    """Give the items of an iterator, which another thread makes.

    They come in their order, and so does the error that ends them. The thread has ended when the
    context is left, whether all was read or not.

    Parameters
    ----------
    items
        Used by the other thread alone from now on.
    most
        So many wait at most, beside the one that is being made.
    """
    ready: Queue[Item | _End] = Queue(most)
    is_over = Event()

    def put(item: Item | _End) -> bool:
        while not is_over.is_set():
            try:
                ready.put(item, timeout=_LOOK_S)
            except Full:
                continue
            return True
        return False

    def make() -> None:
        error: BaseException | None = None
        try:
            for item in items:
                if not put(item):
                    return
        except BaseException as raised:  # noqa: BLE001 - it is raised where the items are read
            error = raised
        put(_End(error))

    thread = Thread(target=make, name="tapeline-backtest-reader", daemon=True)
    thread.start()
    try:
        yield _taken(ready)
    finally:
        is_over.set()
        _emptied(ready)
        thread.join()


def _taken(ready: "Queue[Item | _End]") -> Iterator[Item]:
    while True:
        item = ready.get()
        if isinstance(item, _End):
            if item.error is not None:
                raise item.error
            return
        yield item


def _emptied(ready: "Queue[Item | _End]") -> None:
    try:
        while True:
            ready.get_nowait()
    except Empty:
        return
