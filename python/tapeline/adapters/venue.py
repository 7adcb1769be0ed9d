"""What the rest of the program knows of a market. Names no venue."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

from tapeline.adapters.connection.dialect import Dialect
from tapeline.adapters.instrument_list import InstrumentList


def _single_page(_url: str, _body: bytes) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """One market of one exchange.

    Parameters
    ----------
    exchange, market
        Their tags.
    types
        The venue's names of the channels, by the type that is asked for: ``trade``, ``l1``, ``l2``,
        ``funding``, ``liquidation``. The first is what the type stands for, the others are asked
        for by their own name.
    instruments
        Reads the venue's instrument lists.
    is_address
        Says of a URL, of a WebSocket, a REST reply or an archive, whether its messages are of this
        market. A host may be unknown: then the answer is no.
    instruments_urls
        Where the venue lists its instruments.
    depth_url
        Where a book is fetched; ``{raw_symbol}`` stands for the instrument, percent-encoded.
    tail_depth_url
        The same for the many instruments that are not core pairs, with fewer levels; None where
        that costs no less.
    markets
        Tags of the markets whose instruments come over one connection; this one if empty.
    next_instruments_url
        Address of the next page, made of a page's address and body; None after the last.
    dialect
        How the venue is talked to; None for a market that is only read from tapes.
    """

    exchange: str
    market: str
    types: Mapping[str, tuple[str, ...]]
    instruments: InstrumentList
    is_address: Callable[[str], bool]
    instruments_urls: tuple[str, ...]
    depth_url: str
    tail_depth_url: str | None = None
    markets: tuple[str, ...] = ()
    next_instruments_url: Callable[[str, bytes], str | None] = _single_page
    dialect: Dialect | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of all channels, each once."""
        return tuple(dict.fromkeys(name for names in self.types.values() for name in names))

    @property
    def carried_markets(self) -> tuple[str, ...]:
        """Tags of the markets that an instrument of this venue's connections may have."""
        return self.markets or (self.market,)

    def depth_url_of(self, raw_symbol: str, *, is_tail: bool = False) -> str:
        """Return where the book of an instrument is fetched."""
        url = (self.tail_depth_url if is_tail else None) or self.depth_url
        return url.format(raw_symbol=quote(raw_symbol, safe=""))


@dataclass(frozen=True, slots=True)
class Address:
    """What a URL says.

    Parameters
    ----------
    host
        In lower case, without the port; empty where there is none.
    path
        As it is.
    query
        Values by name; of a name that comes twice the first.
    """

    host: str
    path: str
    query: Mapping[str, str]


def address(url: str) -> Address:
    """Take a URL apart; a text that is none has no host."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    except ValueError:
        return Address("", "", {})
    return Address(host, parts.path, query)
