"""Make before break: the next connection is made while the old one still delivers."""

import asyncio
import contextlib
from typing import Protocol

from tapeline.adapters.connection.line_context import LinePolicy
from tapeline.adapters.connection.session import End, Session
from tapeline.telemetry.clock import Clock

_NS = 1_000_000_000


class Keeper(Protocol):
    """The line whose connections change."""

    async def attempt(self) -> Session | None:
        """Make one attempt at a connection; None if it failed."""
        ...

    def lose(self, session: Session, reason: str) -> None:
        """Drop a connection at once and record that its data stops."""
        ...

    def next_delay_s(self) -> float:
        """Return how long to wait before the next attempt."""
        ...


class Handover:
    """Replaces a connection that still delivers."""

    def __init__(self, keeper: Keeper, policy: LinePolicy, clock: Clock) -> None:
        self._keeper = keeper
        self._policy = policy
        self._clock = clock

    async def run(self, old: Session, end: End) -> Session | None:
        """Return the connection that takes over; None when the old one went before there was one.

        The old connection is left open, for the line to close it in order.
        """
        age_ns = self._clock.monotonic_ns() - old.opened_ns
        if age_ns < self._policy.healthy_after_s * _NS:
            # A server that greets every connection with its shutdown must not make us hammer it.
            await self._pause(old)
        while old.is_open:
            new = await self._attempt_beside(old, end)
            if new is None:
                await self._pause(old)
                continue
            await self._overlap(old, new)
            return new
        return None

    async def _attempt_beside(self, old: Session, end: End) -> Session | None:
        """Make an attempt; the old connection is kept alive meanwhile, and its loss recorded."""
        attempt = asyncio.ensure_future(self._keeper.attempt())
        try:
            while not attempt.done():
                if old.is_open:
                    old.talk()
                else:
                    self._keeper.lose(old, end.reason)
                await asyncio.wait({attempt}, timeout=self._policy.check_s)
            return attempt.result()
        finally:
            attempt.cancel()

    async def _pause(self, old: Session) -> None:
        """Wait out the back-off, or until the old connection is gone."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(old.has_closed.wait(), self._keeper.next_delay_s())

    async def _overlap(self, old: Session, new: Session) -> None:
        """Wait until the new connection has delivered, or nothing is to be gained by waiting."""
        waits = [asyncio.ensure_future(each.wait()) for each in (new.has_data, old.has_closed)]
        deadline_ns = self._clock.monotonic_ns() + int(self._policy.overlap_s * _NS)
        try:
            while new.is_open and old.is_open:
                new.talk()
                old.talk()
                # Data of the first streams says nothing of those that are not subscribed to yet.
                if new.has_data.is_set() and new.subscriptions.is_answered:
                    return
                if self._clock.monotonic_ns() >= deadline_ns:
                    return
                pending = [wait for wait in waits if not wait.done()]
                await asyncio.wait(
                    pending, timeout=self._policy.check_s, return_when=asyncio.FIRST_COMPLETED
                )
        finally:
            for wait in waits:
                wait.cancel()
