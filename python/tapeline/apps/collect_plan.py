"""What a collector will do, worked out of its settings before anything is opened."""

import ssl
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote, urlsplit

from tapeline.adapters.connection.dialect import (
    Dialect,
    checked_endpoint,
    checked_rest_endpoint,
)
from tapeline.adapters.connection.feed import FeedPlan
from tapeline.adapters.connection.recovery import Snapshot
from tapeline.adapters.instrument_cache import InstrumentCache
from tapeline.adapters.registry import Venue, resolve_instruments, venue
from tapeline.apps.collect_symbols import find, matching, near, offered
from tapeline.apps.settings import CollectSettings
from tapeline.errors import ArgumentError, SettingsError
from tapeline.model import Instrument

_STALE_AFTER_S = 60.0
_CORE_COINS = ("BTC", "ETH")
ALL_TYPES = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class VenuePlan:
    """What is collected of one market.

    Parameters
    ----------
    venue
        The market.
    listed
        All instruments that frames may name.
    feed
        The subscriptions.
    rest_endpoint
        ``http[s]://host:port`` for snapshots and lists.
    unlisted
        Words of the settings that name nothing the market lists.
    is_partial
        Such words do not keep the others from being collected.
    """

    venue: Venue
    listed: tuple[Instrument, ...]
    feed: FeedPlan
    rest_endpoint: str
    unlisted: tuple[str, ...] = ()
    is_partial: bool = False

    @property
    def name(self) -> str:
        """``exchange:market``."""
        return f"{self.venue.exchange}:{self.venue.market}"

    def snapshot(self, raw_symbol: str) -> Snapshot:
        """Return how an instrument's book is fetched: those with lines of their own deep and first.

        A thousand levels of each of hundreds of instruments are a fifth of the weight of five
        thousand.
        """
        feed = self.feed
        is_own = raw_symbol in feed.core or raw_symbol in feed.isolated
        costs = feed.dialect.rest
        tail_weight = costs.tail_snapshot_weight
        has_tail = not is_own and tail_weight is not None
        return Snapshot(
            self.rest_url(self.venue.depth_url_of(raw_symbol, is_tail=has_tail)),
            tail_weight if has_tail and tail_weight is not None else costs.snapshot_weight,
            is_urgent=is_own,
        )

    def rest_url(self, url: str) -> str:
        """Return an address of the venue at the REST endpoint of this plan."""
        parts = urlsplit(url)
        return f"{self.rest_endpoint}{parts.path}" + (f"?{parts.query}" if parts.query else "")

    def selecting(self, symbols: Sequence[str], types: Sequence[str]) -> "VenuePlan":
        """Return a plan with other symbols and types.

        Raises
        ------
        SettingsError
            A type is unknown; or a symbol is, and the others are not wanted without it.
        """
        found = find(symbols, offered(self.venue, self.listed))
        channels = channels_of(self.venue, types)
        feed = replace(self.feed, instruments=found.instruments, channels=channels)
        plan = replace(self, feed=feed, unlisted=found.unlisted)
        _check_listed([plan], is_partial=self.is_partial)
        return plan

    def said_of(self, word: str) -> str:
        """Return a word that is not listed, and what may have been meant."""
        hints = []
        for other in find([word], self.listed).instruments:
            is_here = other.market == self.venue.market
            hints.append("delisted" if is_here else f"of market {other.market}")
        if alike := near(word, offered(self.venue, self.listed)):
            hints.append(f"near are {', '.join(alike)}")
        return f"{word!r}" + (f" ({'; '.join(hints)})" if hints else "")


def venue_plans(settings: CollectSettings) -> list[VenuePlan]:
    """Return the plan of each market the settings name, as far as the lists here know.

    Raises
    ------
    SettingsError
        A market or type is unknown, an endpoint is malformed; or a symbol is not listed, and
        ``allow_partial`` is not set or nothing is left.
    InstrumentError
        An instrument list cannot be read.
    """
    return startable(planned(settings), is_partial=settings.allow_partial)


def planned(
    settings: CollectSettings, newer: Mapping[str, Sequence[Instrument]] | None = None
) -> list[VenuePlan]:
    """Return the plan of each market, with the words that name nothing listed told apart.

    Parameters
    ----------
    newer
        By market, what it has listed since the list here was made.

    Raises
    ------
    SettingsError
        A market or type is unknown, or an endpoint is malformed.
    InstrumentError
        An instrument list cannot be read.
    """
    selections = _selections(settings)
    endpoints = _by_venue(settings.endpoint, "endpoint", [name for name, _ in selections])
    rests = _by_venue(settings.rest_endpoint, "rest_endpoint", [name for name, _ in selections])
    _check_types(settings, [name for name, _ in selections])
    return [
        _venue_plan(
            settings,
            name,
            symbols,
            endpoints.get(name),
            rests.get(name),
            newer=(newer or {}).get(name, ()),
        )
        for name, symbols in selections
    ]


def startable(plans: Sequence[VenuePlan], *, is_partial: bool) -> list[VenuePlan]:
    """Return the plans that something is collected by.

    Raises
    ------
    SettingsError
        A symbol is not listed, and the others are not wanted without it; or nothing is left.
    """
    _check_listed(plans, is_partial=is_partial)
    return [plan for plan in plans if plan.feed.instruments]


def unlisted_in(plans: Sequence[VenuePlan]) -> str:
    """Return which words of the settings are not listed where; empty where all are."""
    return "; ".join(
        f"{plan.name} does not list {', '.join(map(plan.said_of, plan.unlisted))}"
        for plan in plans
        if plan.unlisted
    )


def _check_listed(plans: Sequence[VenuePlan], *, is_partial: bool) -> None:
    said = unlisted_in(plans)
    if said and not (is_partial and any(plan.feed.instruments for plan in plans)):
        raise SettingsError(f"symbols: {said}")


def _selections(settings: CollectSettings) -> list[tuple[str, tuple[str, ...]]]:
    """Return the markets with their symbols."""
    if not settings.venues:
        return [(f"{settings.exchange}:{settings.market}", settings.symbols)]
    found: dict[str, tuple[str, ...]] = {}
    for text in settings.venues:
        name, _, symbols = text.partition("=")
        words = tuple(word.strip() for word in symbols.split(",") if word.strip())
        if name.count(":") != 1 or not words:
            raise SettingsError(
                f"venue must look like binance:spot=BTC/USDT,ETH/USDT, was {text!r}"
            )
        found[name] = found.get(name, ()) + words
    return list(found.items())


def _by_venue(given: Iterable[str], setting: str, names: Sequence[str]) -> dict[str, str]:
    """Return the address of each market; a plain one serves all."""
    plain, named = {}, {}
    for text in given:
        name, separator, address = text.partition("=")
        if not separator:
            plain = dict.fromkeys(names, text)
        elif name in names:
            named[name] = address
        else:
            raise SettingsError(f"{setting}: {name!r} is not collected; there are: {names}")
    return {**plain, **named}


def _venue(name: str) -> tuple[Venue, Dialect]:
    exchange, _, market = name.partition(":")
    try:
        found = venue(exchange, market)
    except ArgumentError as error:
        raise SettingsError(str(error)) from error
    if found.dialect is None:
        raise SettingsError(f"{name} is read from tapes only")
    return found, found.dialect


def _venue_plan(
    settings: CollectSettings,
    name: str,
    symbols: Sequence[str],
    endpoint: str | None,
    rest_endpoint: str | None,
    *,
    newer: Sequence[Instrument],
) -> VenuePlan:
    known, dialect = _venue(name)
    listed = (*_listed(settings, known), *newer)
    there = offered(known, listed)
    types = [each for each in settings.types if not settings.venues or _has_type(known, each)]
    wanted = find(symbols, there)
    isolated, unlisted = matching(settings.isolate, there)
    feed = FeedPlan(
        dialect=dialect,
        instruments=wanted.instruments,
        channels=channels_of(known, types),
        endpoint=checked_endpoint(endpoint) if endpoint is not None else None,
        time_unit=settings.time_unit,
        core=frozenset(_core(settings, there, endpoint)),
        isolated=frozenset(isolated),
    )
    return VenuePlan(
        venue=known,
        listed=listed,
        feed=feed,
        rest_endpoint=_rest_endpoint(known, endpoint, rest_endpoint),
        unlisted=tuple(dict.fromkeys((*wanted.unlisted, *unlisted))),
        is_partial=settings.allow_partial,
    )


def _listed(settings: CollectSettings, known: Venue) -> Iterable[Instrument]:
    """Return the list of a market: a file's, the one fetched last, or the one that comes along."""
    if settings.instruments is not None:
        if settings.venues:
            raise SettingsError("instruments: a list is of one market; with venues use the cache")
        return resolve_instruments(known.exchange, known.market, settings.instruments)
    if settings.refresh_hours:
        cached = InstrumentCache(settings.instrument_cache).load(known)
        if cached is not None:
            return cached.instruments
    return resolve_instruments(known.exchange, known.market)


def _core(
    settings: CollectSettings, there: Sequence[Instrument], endpoint: str | None
) -> Iterable[str]:
    if settings.core is not None:
        return matching(settings.core, there)[0]
    # A simulator plays its tape to each connection: a second one would be a second play.
    if endpoint is not None and is_loopback(endpoint):
        return ()
    return matching(_CORE_COINS, there)[0]


def _rest_endpoint(known: Venue, endpoint: str | None, rest_endpoint: str | None) -> str:
    if rest_endpoint is not None:
        return checked_rest_endpoint(rest_endpoint)
    if endpoint is not None and is_loopback(endpoint):
        parts = urlsplit(endpoint)
        return f"{'https' if parts.scheme == 'wss' else 'http'}://{parts.netloc}"
    parts = urlsplit(known.depth_url_of(quote("X")))
    return f"{parts.scheme}://{parts.netloc}"


def _check_types(settings: CollectSettings, names: Sequence[str]) -> None:
    """Refuse a type that none of several markets has; of one market, the plan itself refuses."""
    if not settings.venues:
        return
    markets = [_venue(name)[0] for name in names]
    for each in settings.types:
        if not any(_has_type(known, each) for known in markets):
            there = dict.fromkeys(name for known in markets for name in _type_names(known))
            raise SettingsError(f"types: no type {each!r}; there are: {', '.join(there)}")


def _has_type(known: Venue, name: str) -> bool:
    return name.lower() == ALL_TYPES or name.lower() in _types(known)


def _types(known: Venue) -> dict[str, tuple[str, ...]]:
    """Return the channels that a word asks for; a type stands for its first one."""
    found: dict[str, tuple[str, ...]]
    found = {channel.lower(): (channel,) for channel in known.channels}
    found |= {f"@{channel.lower()}": (channel,) for channel in known.channels}
    found |= {name: channels[:1] for name, channels in known.types.items() if channels}
    if "l2" in found:
        found["orderbook"] = found["l2"]
    return found


def _type_names(known: Venue) -> list[str]:
    names = [*known.types, *(channel.lower() for channel in known.channels)]
    return [*dict.fromkeys(names), ALL_TYPES]


def channels_of(known: Venue, types: Iterable[str]) -> tuple[str, ...]:
    """Return the channels of some types.

    Raises
    ------
    SettingsError
        The market has no such type; the message names those there are.
    """
    there = _types(known)
    channels: list[str] = []
    for name in types:
        wanted = name.lower()
        if wanted == ALL_TYPES:
            channels += [channel for each in known.types.values() for channel in each[:1]]
        elif wanted in there:
            channels += there[wanted]
        else:
            names = ", ".join(_type_names(known))
            raise SettingsError(
                f"types: no type {name!r} of {known.exchange} {known.market}; there are: {names}"
            )
    return tuple(dict.fromkeys(channels))


def tls_context(endpoint: str, ca_file: Path | None) -> ssl.SSLContext | None:
    """Return a verifying context for ``wss``, None for ``ws``.

    Raises
    ------
    SettingsError
        The CA file cannot be read.
    """
    if urlsplit(endpoint).scheme != "wss":
        return None
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"ca_file: cannot read {ca_file}: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def stale_after_ns(settings: CollectSettings, plan: VenuePlan) -> int:
    """Return the age in nanoseconds from which an event is flagged; 0 for never."""
    if settings.stale_after_s is not None:
        return int(settings.stale_after_s * 1e9)
    return 0 if is_loopback(plan.feed.endpoints[0]) else int(_STALE_AFTER_S * 1e9)


def is_loopback(endpoint: str) -> bool:
    """Whether an address is on this machine."""
    host = urlsplit(endpoint).hostname
    if host is None:
        return False
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
