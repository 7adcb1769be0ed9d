"""Remove from a local transport file what every store has."""

import threading
from pathlib import Path
from typing import Final

import structlog

from tapeline.errors import TransportError
from tapeline.storage.ports import Offsets
from tapeline.telemetry.clock import Clock
from tapeline.transport.local_file import LocalFile

_log = structlog.get_logger("tapeline.storage.consumer.trimming")

_EVERY_NS: Final = 1_000_000_000


class Trimming:
    """Knows how far each store is, and removes what is behind all of them.

    Parameters
    ----------
    path
        The local transport file.
    readers
        Names of all stores that read it; nothing is removed before each has told how far it is.
    clock
        Once a second is enough.
    """

    def __init__(self, path: Path, readers: list[str], clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._have: dict[str, dict[str, int]] = {name: {} for name in readers}
        self._trimmed_ns = -_EVERY_NS
        self.removed = 0
        """Messages removed so far."""

    def stored(self, reader: str, offsets: Offsets) -> None:
        """Note that a store has everything before these offsets. For any thread."""
        with self._lock:
            self._have[reader].update({topic: offset for (topic, _), offset in offsets.items()})
            now = self._clock.monotonic_ns()
            if now - self._trimmed_ns >= _EVERY_NS:
                self._trimmed_ns = now
                self._trim()

    def finish(self) -> None:
        """Remove what there is left to remove."""
        with self._lock:
            self._trim()

    def _trim(self) -> None:
        first, *others = self._have.values()
        common = {topic for topic in first if all(topic in other for other in others)}
        keep_from = {topic: min(have[topic] for have in self._have.values()) for topic in common}
        if not keep_from:
            return
        try:
            file = LocalFile(self._path, mode="trim")
            try:
                self.removed += file.trim(keep_from)
            finally:
                file.close()
        except TransportError as error:
            # It is tried again with the next rows; until then the file grows.
            _log.warning("stored messages stay on the bus for now", fault=str(error))
