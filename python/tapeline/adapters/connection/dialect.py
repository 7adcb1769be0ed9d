"""What a market tells the shared connections about itself: facts and pure functions, no IO.

Every market folder ends in one :class:`Dialect`. The lines, sessions and schedulers of this package
read it and know no venue.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Literal
from urllib.parse import urlsplit

from tapeline.errors import SettingsError

StreamKey = tuple[str, str]
Verb = Literal["subscribe", "unsubscribe"]
# Liquidations and the like: a stream that says nothing for a day may be in the best of health.
SILENCE_IS_NORMAL_S = inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One kind of stream of a market.

    Parameters
    ----------
    name
        As in coverage records and ``last_received``.
    path
        Path of the address that serves it; streams of different paths need different connections.
    patience_s
        The stream may be silent this long before anybody asks;
        :data:`SILENCE_IS_NORMAL_S` for ever.
    is_market_wide
        One stream brings the events of all instruments.
    is_seeded_by_rest
        A book of which the stream brings only the changes; it begins with a REST snapshot.
    """

    name: str
    path: str = ""
    patience_s: float = 0.0
    is_market_wide: bool = False
    is_seeded_by_rest: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """One subscription.

    Parameters
    ----------
    name
        The venue's text for it, unique in its market.
    raw_symbol, channel
        What it brings; the symbol is empty where one stream brings all of them.
    """

    name: str
    raw_symbol: str
    channel: str

    @property
    def key(self) -> StreamKey:
        """Whom to ask for the newest frame of it."""
        return self.raw_symbol, self.channel


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect, and what has to be subscribed to by message then."""

    url: str
    subscribe_to: tuple[Stream, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an acknowledgement or error frame says.

    Parameters
    ----------
    number
        The request it answers; None where the venue repeats none.
    names
        The streams it speaks of; empty for all of the request.
    fault
        Why it was refused, None for an acknowledgement.
    is_for_all
        The venue refused the whole request for what it says of these names, or of one that it does
        not name: the others have to be asked for again.
    """

    number: int | None = None
    names: tuple[str, ...] = ()
    fault: str | None = None
    is_for_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectRate:
    """How many connection attempts a host allows: ``burst`` + ``per_window`` in any window."""

    burst: int
    per_window: int
    window_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a venue allows one connection, and how much of it we use.

    Parameters
    ----------
    streams_per_connection, stream_characters_per_connection
        Streams of one connection, in number and in summed length of their names.
    streams_per_request, request_bytes
        The same for one message that subscribes.
    request_spacing_s, requests_per_hour
        Time between two such messages; how many an hour may see.
    connects
        Attempts per host.
    connection_hours
        The venue cuts a connection of this age; 0 if it does not.
    """

    streams_per_connection: int
    streams_per_request: int
    connects: ConnectRate
    request_spacing_s: float = 0.25
    requests_per_hour: int | None = None
    request_bytes: int = 16_384
    stream_characters_per_connection: int | None = None
    connection_hours: float = 24.0


def _never(_frame: bytes) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """How the client shows that it is alive and asks whether the server is.

    Parameters
    ----------
    text
        Text frame to send; None for a WebSocket ping.
    every_s
        Send one after this time in any case; 0 for only when nothing comes.
    is_answer
        Whether a frame is the answer to the text, which is no news of a market.
    """

    text: str | None = None
    every_s: float = 0.0
    is_answer: Callable[[bytes], bool] = _never


@dataclass(frozen=True, slots=True, kw_only=True)
class RestLimits:
    """What the REST side of a venue costs, in its own weights.

    Parameters
    ----------
    weight_per_minute
        The host's budget that we use.
    snapshot_weight, tail_snapshot_weight, instruments_weight
        What a book, a shorter one for the many and a page of the instrument list cost; None where
        there is no shorter one.
    weight_header
        Answer header with the weight used in this minute, lower case.
    """

    weight_per_minute: int
    snapshot_weight: int = 1
    tail_snapshot_weight: int | None = None
    instruments_weight: int = 1
    weight_header: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One market's way of talking.

    Parameters
    ----------
    exchange, market
        Its tags.
    endpoints
        ``wss://host[:port]``; the first is used, the second serves the standby line where there is
        one.
    channels
        What can be collected.
    limits, heartbeat, rest
        Rules of the venue.
    stream_name
        The venue's name of the stream of ``(raw_symbol, channel)``.
    address
        Where ``(endpoint, path, streams, time_unit)`` are had.
    request
        The message for ``(verb, number, streams)``.
    answer
        Reads an acknowledgement or error frame; None for anything else.
    is_shutdown
        Whether a frame announces that the server is about to close the connection.
    """

    exchange: str
    market: str
    endpoints: tuple[str, ...]
    channels: tuple[Channel, ...]
    limits: Limits
    rest: RestLimits
    stream_name: Callable[[str, str], str]
    address: Callable[[str, str, Sequence[Stream], str], Address]
    request: Callable[[Verb, int, Sequence[Stream]], str]
    answer: Callable[[str], Answer | None]
    heartbeat: Heartbeat = field(default_factory=Heartbeat)
    is_shutdown: Callable[[bytes], bool] = _never

    @property
    def name(self) -> str:
        """``exchange:market``."""
        return f"{self.exchange}:{self.market}"

    def channel(self, name: str) -> Channel:
        """Return a channel by its name.

        Raises
        ------
        SettingsError
            There is no such channel; the message lists those there are.
        """
        for known in self.channels:
            if known.name == name:
                return known
        names = ", ".join(each.name for each in self.channels)
        raise SettingsError(f"{self.name} has no channel {name!r}; there are: {names}")

    def stream(self, raw_symbol: str, channel: str) -> Stream:
        """Return the stream that brings a channel of an instrument."""
        symbol = "" if self.channel(channel).is_market_wide else raw_symbol
        return Stream(self.stream_name(symbol, channel), symbol, channel)


def checked_endpoint(endpoint: str) -> str:
    """Return ``ws[s]://host[:port]`` without a trailing slash.

    Raises
    ------
    SettingsError
        It is anything else.
    """
    if not _is_address(endpoint, ("ws", "wss")):
        raise SettingsError(
            "endpoint must look like wss://host:port, without a path or a password, "
            f"was {_without_password(endpoint)!r}"
        )
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"


def checked_rest_endpoint(endpoint: str) -> str:
    """Return ``http[s]://host[:port]`` without a trailing slash.

    Raises
    ------
    SettingsError
        It is anything else.
    """
    if not _is_address(endpoint, ("http", "https")):
        raise SettingsError(
            "rest_endpoint must look like https://host:port, without a path or a password, "
            f"was {_without_password(endpoint)!r}"
        )
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"


def _without_password(endpoint: str) -> str:
    _, at, after = endpoint.rpartition("@")
    return f"...@{after}" if at else endpoint


def _is_address(endpoint: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(endpoint)
        is_valid = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    # Addresses are logged; public market data needs no name and no password.
    is_valid = is_valid and "@" not in parts.netloc
    return is_valid and parts.path in ("", "/") and not parts.query and not parts.fragment
