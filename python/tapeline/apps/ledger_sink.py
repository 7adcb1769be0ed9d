"""A producer's ledger, written beside what is sent: events by stream."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from tapeline.errors import TapelineError
from tapeline.transport.ports import CloseReport, DeliveryStats, Message, MessageSink
from tapeline.wire.native import inspect

PRODUCER_LEDGER_VERSION: Final = 1


class LedgerSink:
    """A sink that counts what another one takes and writes the account when it is closed.

    Parameters
    ----------
    sink
        Takes the messages.
    path
        The ledger; :mod:`tapeline.apps.audit_ledgers` describes it.

    Raises
    ------
    TapelineError
        Nothing can be written there.
    """

    def __init__(self, sink: MessageSink, path: Path) -> None:
        self._sink = sink
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._events: Counter[tuple[str, str, str, str]] = Counter()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._part.write_bytes(b"")
        except OSError as error:
            raise TapelineError(f"cannot write the ledger {path}: {error.strerror}") from error

    def create_topics(self, topics: Sequence[str]) -> None:
        """Pass on."""
        self._sink.create_topics(topics)

    @property
    def is_ready(self) -> bool:
        """Pass on."""
        return self._sink.is_ready

    def send(self, messages: Sequence[Message]) -> None:
        """Pass on; what was taken is counted."""
        self._sink.send(messages)
        for _, _, value in messages:
            info = inspect(value)
            stream = (info.event_type, info.exchange, info.market, info.raw_symbol or "")
            self._events[stream] += info.event_count

    def poll(self) -> None:
        """Pass on."""
        self._sink.poll()

    def stats(self) -> DeliveryStats:
        """Pass on."""
        return self._sink.stats()

    def close(self, deadline_s: float) -> CloseReport:
        """Close the sink, then write the ledger: under its name it is whole."""
        report = self._sink.close(deadline_s)
        try:
            with self._part.open("wb") as file:
                for line in self._lines():
                    file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
                file.flush()
                os.fsync(file.fileno())
            self._part.replace(self._path)
        except OSError as error:
            raise TapelineError(
                f"cannot write the ledger {self._path}: {error.strerror}"
            ) from error
        return report

    def _lines(self) -> list[dict[str, Any]]:
        names = ("event_type", "exchange", "market", "raw_symbol")
        lines: list[dict[str, Any]] = [
            {"type": "sent", **dict(zip(names, stream, strict=True)), "events": events}
            for stream, events in sorted(self._events.items())
        ]
        summary = {
            "type": "summary",
            "producer_ledger_version": PRODUCER_LEDGER_VERSION,
            "events": self._events.total(),
        }
        return [*lines, summary]
