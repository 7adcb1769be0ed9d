"""The way from a feed's thread to the event loop: bounded."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence

from tapeline.api.live.hub import FeedStatus, Hub
from tapeline.api.live.publications import Publication

_MOST_AT_ONCE = 256
"""Publications given to the hub in one turn of the event loop."""


class Inlet:
    """Hands publications to a hub.

    When so many wait that the loop cannot follow, :meth:`put` waits: the bus keeps what is not
    read. Any thread may call ``put`` and ``report``.
    """

    def __init__(self, hub: Hub, loop: asyncio.AbstractEventLoop) -> None:
        self._hub = hub
        self._loop = loop
        self._most = hub.settings.inlet_items
        self._items: deque[Publication] = deque()
        self._room = threading.Condition()
        self._is_called = False
        self._is_closed = False
        self.work_s = 0.0
        """How long the event loop took for what it was given last, with sending it."""

    def put(self, publications: Sequence[Publication]) -> bool:
        """Add publications, in order; wait while there is no room.

        Returns
        -------
        bool
            Whether they were taken; False once the inlet is closed.
        """
        if not publications:
            return True
        with self._room:
            while len(self._items) >= self._most and not self._is_closed:
                self._room.wait()
            if self._is_closed:
                return False
            self._items.extend(publications)
            is_called, self._is_called = self._is_called, True
        if not is_called:
            self._call(self._give)
        return True

    def report(self, status: FeedStatus) -> None:
        """Tell the hub how the feed is."""
        self._call(lambda: self._hub.report(status))

    def close(self) -> None:
        """Take nothing more; whoever waits in ``put`` goes on."""
        with self._room:
            self._is_closed = True
            self._room.notify_all()

    def _call(self, function: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(function)
        except RuntimeError:
            # The loop has ended.
            self.close()

    def _give(self) -> None:
        with self._room:
            count = min(len(self._items), _MOST_AT_ONCE)
            found = [self._items.popleft() for _ in range(count)]
            is_left = bool(self._items)
            self._is_called = is_left
            self._room.notify_all()
        begun_s = self._loop.time()
        self._hub.publish(found)
        # The loop sends what was written before its next turn.
        self._loop.call_soon(self._note, begun_s)
        if is_left:
            self._loop.call_soon(self._give)

    def _note(self, begun_s: float) -> None:
        self.work_s = self._loop.time() - begun_s
