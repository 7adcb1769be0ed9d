"""The venues' instrument lists, fetched now and then: what was listed, what was delisted."""

import asyncio
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from tapeline.adapters.connection.rest import RestError, RestReply, RestScheduler
from tapeline.apps.collect_plan import VenuePlan
from tapeline.errors import InstrumentError
from tapeline.model import Instrument
from tapeline.tape import TapeFrame, TapeWriter
from tapeline.telemetry.log import logger

_LOG = logger("tapeline.apps.instruments")
_PAGES_MAX = 50
_NAMED_MAX = 20


class InstrumentRefresh:
    """Compares each market's list with the one before.

    The running normaliser keeps the list it began with: what was listed since is told here, and
    collected after a restart with the list that ``cache`` holds.

    Parameters
    ----------
    cache
        Folder for the newest replies, as tapes that ``--instruments`` reads; None keeps none.
    """

    def __init__(
        self,
        plans: Sequence[VenuePlan],
        scheduler: RestScheduler,
        *,
        every_s: float,
        cache: Path | None = None,
    ) -> None:
        self._plans = plans
        self._scheduler = scheduler
        self._every_s = every_s
        self._cache = cache
        self._known = {plan.name: _trading(plan.listed) for plan in plans}
        self._is_bundled = {plan.name for plan in plans}

    async def run(self) -> None:
        """Refresh until cancelled."""
        while True:
            for plan in self._plans:
                try:
                    await self.refresh(plan)
                except (RestError, InstrumentError) as error:
                    _LOG.warning("instrument list not fetched", market=plan.name, error=str(error))
            await asyncio.sleep(self._every_s)

    async def refresh(self, plan: VenuePlan) -> tuple[list[str], list[str]]:
        """Fetch one market's list; return the raw symbols that came and those that went.

        Raises
        ------
        RestError
            The venue does not answer.
        InstrumentError
            The answer is no list.
        """
        replies = [
            reply for url in plan.venue.instruments_urls for reply in await self._pages(plan, url)
        ]
        found = _trading(await asyncio.to_thread(self._read, plan, replies))
        before = self._known[plan.name]
        listed, gone = sorted(found - before), sorted(before - found)
        self._known[plan.name] = found
        # The list that comes with the package holds only the liquid ones: no news in the rest.
        if plan.name in self._is_bundled:
            self._is_bundled.discard(plan.name)
            listed = []
        wanted = {each.raw_symbol for each in plan.feed.instruments}
        for raw_symbol in sorted(wanted.intersection(gone)):
            _LOG.error("a collected instrument was delisted", market=plan.name, symbol=raw_symbol)
        if listed or gone:
            _LOG.warning(
                "instrument list changed",
                market=plan.name,
                listed=listed[:_NAMED_MAX],
                delisted=gone[:_NAMED_MAX],
                listed_count=len(listed),
                delisted_count=len(gone),
            )
        return listed, gone

    async def _pages(self, plan: VenuePlan, url: str) -> list[RestReply]:
        limits = plan.feed.dialect.rest
        replies: list[RestReply] = []
        next_url: str | None = url
        while next_url is not None and len(replies) < _PAGES_MAX:
            reply = await self._scheduler.get(
                plan.rest_url(next_url), weight=limits.instruments_weight, limits=limits
            )
            # Kept under the venue's own address: that is what says whose list it is.
            replies.append(RestReply(next_url, reply.body, reply.received_ns))
            next_url = plan.venue.next_instruments_url(next_url, reply.body)
        return replies

    def _read(self, plan: VenuePlan, replies: Iterable[RestReply]) -> list[Instrument]:
        """Write the replies to a tape and read it: the reader of lists is one for all sources."""
        with tempfile.TemporaryDirectory() as folder:
            cache = self._cache if self._cache is not None else Path(folder)
            cache.mkdir(parents=True, exist_ok=True)
            path = cache / f"instruments-{plan.venue.exchange}-{plan.venue.market}.jsonl"
            with TapeWriter(path) as writer:
                for reply in replies:
                    writer.write(TapeFrame(reply.received_ns, reply.url, "http", reply.body))
            return plan.venue.instruments.load(path)


def _trading(instruments: Iterable[Instrument]) -> set[str]:
    return {each.raw_symbol for each in instruments if each.is_trading}
