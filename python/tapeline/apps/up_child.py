"""A process of ``tapeline up``: it collects, stores or serves, and tells its parent how it goes.

It reads lines from its standard input: first a JSON object with ``role`` and ``settings``, later
``finish``; the end of the input means that the parent is gone. It writes JSON lines: ``status``
twice a second, ``summary`` at the end, ``fault`` when it fails, with ``for_good`` where trying
again cannot help.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from tapeline.apps.collect import collect
from tapeline.apps.collect_readings import ages_ns
from tapeline.apps.collector import Collector
from tapeline.apps.settings import CollectSettings, StoreSettings
from tapeline.apps.store import store
from tapeline.apps.store_runner import StoreRunner
from tapeline.errors import TapelineError
from tapeline.telemetry.clock import Clock, SystemClock
from tapeline.telemetry.log import logging_to

_STDIN: Final = 0
_TELL_EVERY_NS: Final = 500_000_000
_FINISH_IDLE_S: Final = 0.5


class Reporter:
    """Writes lines to the parent, and reads what it asks for."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.finishing = threading.Event()
        self._told_ns = -_TELL_EVERY_NS

    def listen(self) -> None:
        """Read the parent's lines on a thread of its own, until it is gone."""
        threading.Thread(target=self._listen, name="up-parent", daemon=True).start()

    def is_due(self) -> bool:
        """Whether it is time for the next status."""
        now = self.clock.monotonic_ns()
        if now - self._told_ns < _TELL_EVERY_NS:
            return False
        self._told_ns = now
        return True

    def tell(self, kind: str, content: Mapping[str, Any]) -> None:
        """Write a line."""
        line = orjson.dumps({kind: content}, option=orjson.OPT_APPEND_NEWLINE)
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()

    def collecting(self, collector: Collector) -> None:
        """Tell how the collector is doing."""
        if self.is_due():
            self.tell("status", collect_status(collector, self.clock.wall_ns()))

    def storing(self, runner: StoreRunner) -> None:
        """Tell how the stores are doing, and heed the parent."""
        if self.finishing.is_set():
            runner.finish(_FINISH_IDLE_S)
        if self.is_due():
            self.tell("status", store_status(runner))

    def _listen(self) -> None:
        # Not through sys.stdin: this thread is reading when the interpreter ends, and would hold
        # the lock that the end needs.
        while told := os.read(_STDIN, 4096):
            if b"finish" in told:
                self.finishing.set()
        # An orderly end, as if somebody had asked for it.
        os.kill(os.getpid(), signal.SIGTERM)


def collect_status(collector: Collector, now_ns: int) -> dict[str, Any]:
    """Return what the status table shows of a collector."""
    counters = collector.counters()
    books = [book for market in collector.markets for book in market.normalizer.books()]
    lines = [line for market in collector.markets for line in market.feed.lines]
    newest = [
        received
        for market in collector.markets
        for received in _received(market.pump.last_received())
    ]
    return {
        "frames": collector.frames,
        "events": dict(counters["events"]),
        "quarantined": sum(counters["quarantined"].values()),
        "gaps": len(collector.gaps()),
        "waiting": collector.sink.stats().pending,
        "lines": len(lines),
        "lines_up": sum(line.is_up for line in lines),
        "books": len(books),
        "books_live": sum(book["state"] == "live" for book in books),
        "reconnects": sum(market.feed.reconnects for market in collector.markets),
        "newest_age_s": max(0.0, (now_ns - max(newest)) / 1e9) if newest else None,
        "lag_ns": max(_newest_lags(collector), default=None),
    }


def _newest_lags(collector: Collector) -> Iterator[int]:
    """Yield how long the newest events took from each venue to us, where it says its time."""
    for market in collector.markets:
        if market.pump.samples:
            _, ages = ages_ns(market.pump.samples[-1])
            yield from ages[-1:]


def _received(last: Any) -> list[int]:  # noqa: ANN401 - what the normaliser gives
    return list(last.values()) if isinstance(last, Mapping) else [each[-1] for each in last]


def store_status(runner: StoreRunner) -> dict[str, Any]:
    """Return what the status table shows of the stores."""
    counts = [worker.counts for worker in runner.workers]
    faults = [each.ended_by or each.fault for each in counts]
    return {
        "rows": sum(each.rows.total() for each in counts),
        "lag": max((each.lag or 0 for each in counts), default=0),
        "dead_letters": sum(each.dead_letters.total() for each in counts),
        "fault": next((text for text in faults if text), None),
    }


def _first_line() -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        # One by one, so that nothing of what follows is taken.
        line += os.read(_STDIN, 1) or b"\n"
    return line


def main() -> int:
    """Do what the parent's first line says; return the exit status."""
    order = orjson.loads(_first_line())
    reporter = Reporter(SystemClock())
    reporter.listen()
    try:
        with logging_to():
            reporter.tell("summary", _work(order["role"], order["settings"], reporter))
    except (TapelineError, OSError) as error:
        for_good = not getattr(error, "retryable", False)
        reporter.tell("fault", {"text": str(error), "for_good": for_good})
        return 1
    return 0


def _work(role: str, settings: Mapping[str, Any], reporter: Reporter) -> dict[str, Any]:
    if role == "serve":
        return _serve(settings, reporter)
    if role == "collect":
        collected = collect(
            CollectSettings.model_validate(settings),
            is_quiet=True,
            on_progress=reporter.collecting,
        )
        return collected.as_dict()
    stored = store(StoreSettings.model_validate(settings), is_quiet=True, look=reporter.storing)
    return stored.as_dict()


def _serve(settings: Mapping[str, Any], reporter: Reporter) -> dict[str, Any]:
    # Only here: the other two need no web server.
    from tapeline.api.static import FOLDER
    from tapeline.apps.serve import serve
    from tapeline.apps.serve_settings import ServeSettings

    # The server ends in order on its own, and then raises the signal again.
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    is_built = (FOLDER / "index.html").is_file()
    serve(
        ServeSettings.model_validate(settings),
        lambda url: reporter.tell("status", {"url": url, "is_built": is_built}),
    )
    return {}


if __name__ == "__main__":
    sys.exit(main())
