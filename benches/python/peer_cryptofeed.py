"""Run by the interpreter of an environment of its own: what cryptofeed costs for a frame.

It is given a JSON file (``exchange``, ``symbol``, ``raw_symbol``, ``channel``, ``frames``) and
prints the least CPU time of a frame, in nanoseconds, of parsing it into cryptofeed's event and
calling one callback, and how many events came. Only cryptofeed and the standard library are here.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Coroutine
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

ROUNDS = 7


class Feed(Protocol):
    """What is used of cryptofeed's feeds."""

    async def message_handler(self, msg: str, conn: object, timestamp: float) -> None:
        """Handle one frame."""


def feed_of(facts: dict[str, Any], callback: Callable[..., Coroutine[Any, Any, None]]) -> Feed:
    """Make a feed that knows its one symbol without asking the exchange."""
    exchanges = import_module("cryptofeed.exchanges")
    symbols = import_module("cryptofeed.symbols")
    kind = getattr(exchanges, facts["exchange"])
    info = {"instrument_type": {facts["symbol"]: facts["type"]}, "tick_size": {}}
    symbols.Symbols.set(kind.id, {facts["symbol"]: facts["raw_symbol"]}, info)
    feed: Feed = kind(
        symbols=[facts["symbol"]],
        channels=[facts["channel"]],
        callbacks={facts["channel"]: callback},
    )
    return feed


def main() -> None:
    """Measure and print."""
    facts = json.loads(Path(sys.argv[1]).read_text())
    frames: list[str] = facts["frames"]
    events = 0

    async def count(_event: object, _received: float) -> None:
        nonlocal events
        events += 1

    feed = feed_of(facts, count)
    connection = SimpleNamespace(address=facts["address"], uuid="bench")

    async def once() -> int:
        started_ns = time.thread_time_ns()
        for frame in frames:
            await feed.message_handler(frame, connection, 0.0)
        return time.thread_time_ns() - started_ns

    least = min(asyncio.run(once()) for _ in range(ROUNDS))
    sys.stdout.write(json.dumps({"ns": least / len(frames), "events": events / ROUNDS}))


if __name__ == "__main__":
    main()
