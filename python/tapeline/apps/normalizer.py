"""``tapeline.Normalizer``: the façade over the Rust core, with each market's defaults filled in."""

from typing import Any, Self

from tapeline.adapters.registry import InstrumentSource, resolve_instruments
from tapeline.cleaning.native import NativeNormalizer
from tapeline.model import Instrument


class Normalizer(NativeNormalizer):
    """Turn recorded or live frames of one market into encoded batches.

    Parameters
    ----------
    exchange, market
        Tags of the market, e.g. ``binance`` and ``spot``.
    instruments
        None for the list that comes with the package (liquid pairs), the path of an exchangeInfo
        reply, of a tape that holds some or of our own JSON list, or instruments.
    **options
        As for :class:`~tapeline.cleaning.native.NativeNormalizer`.

    Raises
    ------
    ArgumentError
        There is no such market, or a value is out of range.
    InstrumentError
        The instrument list cannot be read or contradicts itself.

    Examples
    --------
    >>> import tapeline as tl
    >>> frame = (
    ...     b'{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":1,"p":"61837.63","q":"0.02",'
    ...     b'"T":1723161255342,"m":true,"M":true}'
    ... )
    >>> normalizer = tl.Normalizer(exchange="binance", market="spot")
    >>> result = normalizer.push([frame], 1_723_161_255_350_000_000)
    >>> result.events
    1
    """

    def __new__(
        cls,
        *,
        exchange: str,
        market: str,
        instruments: InstrumentSource = None,
        **options: Any,  # noqa: ANN401 - passed through
    ) -> Self:
        """Make a normaliser; no state is shared between instances."""
        return super().__new__(
            cls,
            exchange=exchange,
            market=market,
            instruments=resolve_instruments(exchange, market, instruments),
            **options,
        )


def load_instruments(
    source: InstrumentSource = None, *, exchange: str = "binance", market: str = "spot"
) -> list[Instrument]:
    """Read the instruments of a market.

    Parameters
    ----------
    source
        None for the list that comes with the package, or the path of a list.
    exchange, market
        Which market.

    Raises
    ------
    ArgumentError
        There is no such market.
    InstrumentError
        The list cannot be read or contradicts itself.
    """
    return resolve_instruments(exchange, market, source)
