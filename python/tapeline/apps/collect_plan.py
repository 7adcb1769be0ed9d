"""What a collector will do, worked out of its settings before anything is opened."""

import difflib
import ssl
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from tapeline.adapters.binance.spot.endpoints import STREAM, checked_endpoint
from tapeline.adapters.binance.spot.feed import FeedPlan
from tapeline.adapters.registry import resolve_instruments, venue
from tapeline.apps.settings import CollectSettings
from tapeline.errors import ArgumentError, SettingsError
from tapeline.model import Instrument

_STALE_AFTER_S = 60.0


def feed_plan(settings: CollectSettings, instruments: Sequence[Instrument]) -> FeedPlan:
    """Return the subscriptions the settings ask for.

    Raises
    ------
    SettingsError
        A symbol or type is unknown, or the endpoint is malformed.
    """
    return FeedPlan(
        instruments=tuple(_instrument(symbol, instruments) for symbol in settings.symbols),
        channels=_channels(settings),
        endpoint=checked_endpoint(settings.endpoint or STREAM),
        time_unit=settings.time_unit,
        isolated=frozenset(
            _instrument(symbol, instruments).raw_symbol for symbol in settings.isolate
        ),
    )


def market_instruments(settings: CollectSettings) -> list[Instrument]:
    """Return the instruments of the market, which frames may name.

    Raises
    ------
    SettingsError
        There is no such market.
    InstrumentError
        The list cannot be read.
    """
    try:
        venue(settings.exchange, settings.market)
    except ArgumentError as error:
        raise SettingsError(str(error)) from error
    return resolve_instruments(settings.exchange, settings.market, settings.instruments)


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


def stale_after_ns(settings: CollectSettings) -> int:
    """Return the age in nanoseconds from which an event is flagged; 0 for never."""
    if settings.stale_after_s is not None:
        return int(settings.stale_after_s * 1e9)
    return 0 if _is_loopback(settings.endpoint) else int(_STALE_AFTER_S * 1e9)


def _is_loopback(endpoint: str | None) -> bool:
    host = urlsplit(endpoint).hostname if endpoint is not None else None
    if host is None:
        return False
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _channels(settings: CollectSettings) -> tuple[str, ...]:
    known = {
        channel.lower(): channel for channel in venue(settings.exchange, settings.market).channels
    }
    channels = []
    for name in settings.types:
        if name.lower() not in known:
            raise SettingsError(f"types: no type {name!r}; there are: {', '.join(known)}")
        channels.append(known[name.lower()])
    return tuple(dict.fromkeys(channels))


def _instrument(symbol: str, instruments: Sequence[Instrument]) -> Instrument:
    wanted = symbol.upper()
    for instrument in instruments:
        if symbol in (instrument.symbol, instrument.raw_symbol):
            return instrument
    for instrument in instruments:
        if wanted in (instrument.symbol, instrument.raw_symbol):
            return instrument
    near = difflib.get_close_matches(wanted, [each.symbol for each in instruments], n=3)
    hint = f"; near are {', '.join(near)}" if near else ""
    raise SettingsError(
        f"symbols: no instrument {symbol!r} in the list of {len(instruments)}{hint}"
    )
