"""What is traded, and where."""

import hashlib
from dataclasses import KW_ONLY, dataclass, field
from decimal import Decimal
from typing import Literal

InstrumentKind = Literal["spot", "perpetual", "future"]

TRADING = "trading"


@dataclass(frozen=True, slots=True, order=True)
class Instrument:
    """One instrument of one market of one exchange.

    Two of them are equal when they name the same instrument alike: the first four fields decide.

    Parameters
    ----------
    exchange
        Tag of the exchange, ``binance``.
    market
        Tag of the market, ``spot``.
    symbol
        Normalised symbol: ``BTC/USDT``, ``BTC/USDT:USDT`` where it settles in the coin after the
        colon, ``BTC/USD:BTC-250926`` where it expires on the UTC day after the dash.
    raw_symbol
        The venue's own spelling, code point for code point, ``BTCUSDT``.
    kind
        ``spot``, ``perpetual`` or ``future``.
    base, quote, settle
        The venue's names of the coins; empty where the list does not say (spot settles in none).
    contract_size
        What a quantity of 1 stands for: base units, or quote units where ``is_inverse``. None where
        quantities count base units already.
    is_inverse
        Whether it is margined in the base coin and its contracts count the quote coin.
    expiry_ns
        Nanoseconds since the epoch; None where it does not expire.
    status
        ``trading``, or the venue's own word in lower case; empty where the list does not say.
    tick_size
        Smallest step of the price, quote per base; None where the list does not say.
    funding_interval_ns
        Nanoseconds between two fundings, where the venue's lists say it and its rates do not; else
        None.
    """

    exchange: str
    market: str
    symbol: str
    raw_symbol: str
    _: KW_ONLY
    kind: InstrumentKind = field(default="spot", compare=False)
    base: str = field(default="", compare=False)
    quote: str = field(default="", compare=False)
    settle: str = field(default="", compare=False)
    contract_size: Decimal | None = field(default=None, compare=False)
    is_inverse: bool = field(default=False, compare=False)
    expiry_ns: int | None = field(default=None, compare=False)
    status: str = field(default="", compare=False)
    tick_size: Decimal | None = field(default=None, compare=False)
    funding_interval_ns: int | None = field(default=None, compare=False)

    @property
    def instrument_id(self) -> str:
        """Permanent id: 32 hex digits made of exchange, market and raw symbol alone."""
        key = f"{self.exchange}\0{self.market}\0{self.raw_symbol}"
        return hashlib.sha256(key.encode()).hexdigest()[:32]

    @property
    def is_trading(self) -> bool:
        """Whether it can be traded now; True where the list does not say."""
        return self.status in ("", TRADING)


def normalised_symbol(base: str, quote: str, settle: str = "", expiry: str = "") -> str:
    """Return ``BASE/QUOTE``, with ``:SETTLE`` and ``-YYMMDD`` for derivatives.

    Parameters
    ----------
    base, quote
        Coins.
    settle
        Coin it settles in; empty for spot.
    expiry
        UTC day of expiry as ``YYMMDD``; empty for none.
    """
    symbol = f"{base}/{quote}"
    if settle:
        symbol += f":{settle}"
    return f"{symbol}-{expiry}" if expiry else symbol
