"""Whether the exchange lists what shall be collected: asked before anything is started.

Lists grow older than exchanges. So a symbol that the list here does not know is refused only after
the exchange was asked for its own.
"""

import asyncio
import random
from collections.abc import Callable, Sequence

from tapeline.adapters.connection.rest import RestError, RestScheduler, http_fetch
from tapeline.apps.collect_plan import VenuePlan, planned, startable, unlisted_in
from tapeline.apps.instrument_refresh import fetch_list, newly_listed
from tapeline.apps.settings import CollectSettings
from tapeline.errors import InstrumentError, SettingsError
from tapeline.model import Instrument
from tapeline.telemetry.clock import Clock
from tapeline.telemetry.metrics import Metrics

_ASK_S = 20.0
_HINT = "; --allow-partial (allow_partial) collects the others"
_ATTEMPTS_MAX = 2


async def listed_plans(
    settings: CollectSettings, clock: Clock, tell: Callable[[str], None]
) -> list[VenuePlan]:
    """Return the plan of each market, as far as the exchange lists what is asked for.

    Parameters
    ----------
    tell
        Called with a sentence where something is left out (``allow_partial``).

    Raises
    ------
    SettingsError
        A market or type is unknown, an endpoint is malformed; or a symbol is not listed, and
        ``allow_partial`` is not set or nothing is left.
    InstrumentError
        An instrument list cannot be read.
    """
    plans, note = planned(settings), ""
    short = [plan for plan in plans if plan.unlisted]
    # A list that was given is meant to be the list.
    if short and settings.instruments is None:
        try:
            plans = planned(settings, await _newer(short, settings, clock))
        except (RestError, InstrumentError, TimeoutError) as error:
            why = str(error) or f"no answer within {_ASK_S:g} s"
            note = f" (by the list here; the exchange was asked in vain: {why})"
    try:
        found = startable(plans, is_partial=settings.allow_partial)
    except SettingsError as error:
        hint = _HINT if any(plan.feed.instruments for plan in plans) else ""
        raise SettingsError(f"{error}{note}{hint}") from error
    if left_out := unlisted_in(plans):
        tell(f"{left_out}{note}: the others are collected")
    return found


async def _newer(
    plans: Sequence[VenuePlan], settings: CollectSettings, clock: Clock
) -> dict[str, list[Instrument]]:
    """Return what markets list that the lists here do not have."""
    ca_file = None if settings.ca_file is None else str(settings.ca_file)
    async with asyncio.timeout(_ASK_S), http_fetch(ca_file) as fetch:
        # Jitter only; nothing that must be secret.
        jitter = random.Random()  # noqa: S311
        scheduler = RestScheduler(fetch, clock, jitter, Metrics(), attempts_max=_ATTEMPTS_MAX)
        found = {}
        for plan in plans:
            replies = await fetch_list(plan, scheduler)
            listed = plan.venue.instruments.parse([(each.url, each.body) for each in replies])
            found[plan.name] = newly_listed(plan, listed)
        return found
