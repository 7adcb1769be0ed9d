"""The venues' instrument lists, fetched now and then: what was listed, what was delisted."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from tapeline.adapters.connection.rest import RestError, RestReply, RestScheduler
from tapeline.adapters.instrument_cache import DELISTED, InstrumentCache, ListingEvent, ListingKind
from tapeline.apps.collect_plan import VenuePlan
from tapeline.errors import InstrumentError
from tapeline.model import Instrument
from tapeline.telemetry.log import logger

_LOG = logger("tapeline.apps.instruments")
_PAGES_MAX = 50
_NAMED_MAX = 20


class Listed(Protocol):
    """A market that learns new instruments."""

    plan: VenuePlan

    def learn(self, instruments: Sequence[Instrument]) -> None:
        """Accept those that are not known."""
        ...


class InstrumentRefresh:
    """Compares each market's list with the one before, which is on disk.

    What was listed since is told, and known from then on: it can be subscribed to. So is what a
    contract stands for now and how often it is funded.

    Parameters
    ----------
    markets
        The markets.
    cache
        Where the lists are kept.
    every_s
        Time between two refreshes.
    """

    def __init__(
        self,
        markets: Sequence[Listed],
        scheduler: RestScheduler,
        cache: InstrumentCache,
        *,
        every_s: float,
    ) -> None:
        self._markets = markets
        self._scheduler = scheduler
        self._cache = cache
        self._every_s = every_s

    async def run(self) -> None:
        """Refresh until cancelled."""
        while True:
            for market in self._markets:
                try:
                    await self.refresh(market)
                except (RestError, InstrumentError) as error:
                    name = market.plan.name
                    _LOG.warning("instrument list not renewed", market=name, error=str(error))
            await asyncio.sleep(self._every_s)

    async def refresh(self, market: Listed) -> Sequence[ListingEvent]:
        """Fetch one market's list and return what changed since the one on disk.

        Raises
        ------
        RestError
            The venue does not answer.
        InstrumentError
            The answer is no list, or an incomplete one.
        """
        plan = market.plan
        replies = await fetch_list(plan, self._scheduler)
        # Thousands of rows: not in the way of the sockets.
        found = await asyncio.to_thread(
            self._cache.refresh,
            plan.venue,
            [(reply.url, reply.body) for reply in replies],
            replies[-1].received_ns,
        )
        self._tell(plan, found.events)
        market.learn([each for each in found.listing.instruments if each.status != DELISTED])
        return found.events

    def _tell(self, plan: VenuePlan, events: Sequence[ListingEvent]) -> None:
        wanted = {each.raw_symbol for each in plan.feed.instruments}
        for kind in ListingKind:
            names = [each.instrument.raw_symbol for each in events if each.kind is kind]
            if not names:
                continue
            _LOG.info(
                f"instruments {kind.value}",
                market=plan.name,
                count=len(names),
                symbols=names[:_NAMED_MAX],
            )
            if kind is ListingKind.CHANGED:
                self._tell_sizes(plan, events)
            if kind is ListingKind.DELISTED:
                for raw_symbol in sorted(wanted.intersection(names)):
                    _LOG.error(
                        "a collected instrument was delisted", market=plan.name, symbol=raw_symbol
                    )

    def _tell_sizes(self, plan: VenuePlan, events: Sequence[ListingEvent]) -> None:
        """Tell of contracts that stand for another quantity from now on.

        The lists do not say since when: what came between the list before and this one may count
        either.
        """
        for each in events:
            if "contract_size" in each.changed and each.previous is not None:
                _LOG.error(
                    "a contract has another size: quantities count the new one from now on",
                    market=plan.name,
                    symbol=each.instrument.raw_symbol,
                    before=str(each.previous.contract_size),
                    now=str(each.instrument.contract_size),
                )


async def fetch_list(plan: VenuePlan, scheduler: RestScheduler) -> list[RestReply]:
    """Return every page of a market's list, and of what the venue says beside it.

    Raises
    ------
    RestError
        The venue does not answer.
    """
    replies: list[RestReply] = []
    for url in plan.venue.instruments_urls:
        try:
            replies += await _pages(plan, url, scheduler)
        except RestError as error:
            if plan.venue.instruments.is_reply(url):
                raise
            # Beside the list: what is listed counts without it.
            _LOG.warning("no answer beside the list", market=plan.name, error=str(error))
    return replies


async def _pages(plan: VenuePlan, url: str, scheduler: RestScheduler) -> list[RestReply]:
    limits = plan.feed.dialect.rest
    replies: list[RestReply] = []
    next_url: str | None = url
    while next_url is not None and len(replies) < _PAGES_MAX:
        reply = await scheduler.get(
            plan.rest_url(next_url), weight=limits.instruments_weight, limits=limits
        )
        # Under the venue's own address: that is what says whose list it is.
        replies.append(RestReply(next_url, reply.body, reply.received_ns))
        next_url = plan.venue.next_instruments_url(next_url, reply.body)
    return replies


def newly_listed(plan: VenuePlan, instruments: Sequence[Instrument]) -> list[Instrument]:
    """Return those of a list that a plan does not know, but none with the symbol of another."""
    known = {each.raw_symbol for each in plan.listed}
    raw_symbol_of = {each.symbol: each.raw_symbol for each in plan.listed}
    new = []
    for each in instruments:
        if each.raw_symbol in known:
            continue
        holder = raw_symbol_of.setdefault(each.symbol, each.raw_symbol)
        if holder == each.raw_symbol:
            known.add(each.raw_symbol)
            new.append(each)
        else:
            _LOG.error(
                "a listed instrument has the symbol of another",
                market=plan.name,
                symbol=each.symbol,
                raw_symbols=[holder, each.raw_symbol],
            )
    return new
