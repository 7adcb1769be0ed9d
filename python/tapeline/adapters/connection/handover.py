"""Make before break: the next connection is made while the old one still delivers."""

import asyncio
import contextlib
from typing import Protocol

from tapeline.adapters.connection.dialect import StreamKey
from tapeline.adapters.connection.line_context import LineContext
from tapeline.adapters.connection.session import End, Session
from tapeline.telemetry.log import logger

_LOG = logger("tapeline.adapters.connection")
_NS = 1_000_000_000
# Copies of one event on two connections are hardly ever further apart.
_LATE_NS = _NS


class Keeper(Protocol):
    """The line whose connections change."""

    async def attempt(self) -> Session | None:
        """Make one attempt at a connection; None if it failed."""
        ...

    def lose(self, session: Session, reason: str) -> None:
        """Drop a connection at once and record that its data stops."""
        ...

    def give_back(self, new: Session, old: Session) -> None:
        """Go on with the old connection: the new one does not bring what it brings."""
        ...

    def next_delay_s(self) -> float:
        """Return how long to wait before the next attempt."""
        ...


class Handover:
    """Replaces a connection that still delivers."""

    def __init__(self, keeper: Keeper, context: LineContext) -> None:
        self._keeper = keeper
        self._context = context
        self._policy = context.policy
        self._clock = context.clock

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
            if await self._overlap(old, new):
                return new
            self._keeper.give_back(new, old)
            await self._pause(old)
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

    async def _overlap(self, old: Session, new: Session) -> bool:
        """Wait until the new connection brings what the old one does; return whether it does.

        Of a new connection that does not within the time, the old one says what is missing: the
        streams that only it has brought since the new one was subscribed to all of them.
        """
        missing = _Missing(self._context, old, new)
        waits = [asyncio.ensure_future(each.wait()) for each in (new.has_data, old.has_closed)]
        deadline_ns = self._clock.monotonic_ns() + int(self._policy.overlap_s * _NS)
        old.is_compared = new.is_compared = True
        try:
            while new.is_open and old.is_open:
                new.talk()
                old.talk()
                if missing.is_nothing():
                    return True
                if self._clock.monotonic_ns() >= deadline_ns:
                    return self._is_good_enough(missing)
                pending = [wait for wait in waits if not wait.done()]
                await asyncio.wait(
                    pending, timeout=self._policy.check_s, return_when=asyncio.FIRST_COMPLETED
                )
            return not old.is_open
        finally:
            old.is_compared = new.is_compared = False
            for wait in waits:
                wait.cancel()

    def _is_good_enough(self, missing: "_Missing") -> bool:
        names = sorted("@".join(key) for key in missing.proven())
        if names:
            _LOG.error("the new connection lacks streams, the old one stays", missing=names[:20])
        return not names


class _Missing:
    """What an old connection brings and a new one does not."""

    def __init__(self, context: LineContext, old: Session, new: Session) -> None:
        self._clock = context.clock
        self._old, self._new = old, new
        self._since_ns = context.clock.monotonic_ns()
        self._is_subscribed = False
        self._seen_ns: dict[StreamKey, int] = {}
        received = context.downstream.last_received()
        stamps = {key: received[key] for key in old.keys if key in received}
        lively_ns = max(stamps.values(), default=0) - int(context.policy.overlap_s * _NS)
        self._lively = {key for key, stamp in stamps.items() if stamp >= lively_ns}

    def is_nothing(self) -> bool:
        """Whether the new connection has brought each stream that was not silent of late."""
        self._look()
        # Data of the first streams says nothing of those that are not subscribed to yet.
        is_whole = self._is_subscribed and self._new.has_data.is_set()
        return is_whole and self._new.heard_ns.keys() >= self._lively | self._seen_ns.keys()

    def proven(self) -> set[StreamKey]:
        """Return the streams that only the old connection has brought, and not just now."""
        self._look()
        before_ns = self._clock.monotonic_ns() - _LATE_NS
        seen = {key for key, at_ns in self._seen_ns.items() if at_ns <= before_ns}
        return seen - self._new.heard_ns.keys()

    def _look(self) -> None:
        if not self._is_subscribed and self._new.subscriptions.is_answered:
            self._is_subscribed = True
            # What the old one brought before that, the new one could not have.
            self._since_ns = self._clock.monotonic_ns()
            self._seen_ns.clear()
        for key, at_ns in self._old.heard_ns.items():
            if at_ns > self._since_ns:
                self._seen_ns.setdefault(key, at_ns)
