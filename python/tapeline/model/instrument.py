"""What is traded, and where."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Instrument:
    """One instrument of one market of one exchange.

    Parameters
    ----------
    exchange
        Tag of the exchange, ``binance``.
    market
        Tag of the market, ``spot``.
    symbol
        Normalised symbol, ``BTC/USDT``.
    raw_symbol
        The venue's own spelling, code point for code point, ``BTCUSDT``.
    """

    exchange: str
    market: str
    symbol: str
    raw_symbol: str
