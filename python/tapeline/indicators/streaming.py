"""Indicators that are fed one chunk after another."""

from tapeline.errors import ArgumentError
from tapeline.indicators.columns import Column, Floats, as_kind, outputs_for, pieces_of
from tapeline.indicators.running import new_stream, positive, run, whole, yearly


class Stream:
    """A running indicator of one output.

    The results are those of the batch function over everything fed so far, bit for bit, whatever
    the chunks.
    """

    def __init__(
        self, name: str, windows: tuple[int, ...], numbers: tuple[float, ...] = ()
    ) -> None:
        self._stream = new_stream(name, windows, numbers)
        self._last = (float("nan"),) * self._stream.outputs

    def update(self, *columns: Column, out: Floats | None = None) -> Column:
        """Take the next values of each input column; return as many results.

        Raises
        ------
        ArgumentError
            Columns of another number, type or length; nothing has been taken then.
        """
        return self._update(columns, out)[0]

    @property
    def value(self) -> float:
        """The last result; NaN before there is one."""
        return self._last[0]

    def _update(self, columns: tuple[Column, ...], out: object) -> list[Column]:
        if not columns:
            raise ArgumentError("update takes the next values of each input column, was given none")
        pieces = [pieces_of(column) for column in columns]
        length = sum(map(len, pieces[0]))
        outputs = outputs_for(out, self._stream.outputs, length)
        run(self._stream, pieces, outputs)
        if length:
            self._last = tuple(float(output[-1]) for output in outputs)
        return [as_kind(output, columns[0]) for output in outputs]


class Bands(Stream):
    """A running indicator of three outputs."""

    def update(  # type: ignore[override]
        self, *columns: Column, out: tuple[Floats, Floats, Floats] | None = None
    ) -> tuple[Column, Column, Column]:
        """Take the next values of each input column; return as many results of each output.

        Raises
        ------
        ArgumentError
            Columns of another number, type or length; nothing has been taken then.
        """
        first, second, third = self._update(columns, out)
        return first, second, third

    @property
    def values(self) -> tuple[float, float, float]:
        """The last results; NaN before there are some."""
        first, second, third = self._last
        return first, second, third


class Sma(Stream):
    """:func:`tapeline.indicators.sma`, running."""

    def __init__(self, window: int) -> None:
        super().__init__("sma", (whole(window, "window"),))


class RollingSum(Stream):
    """:func:`tapeline.indicators.rolling_sum`, running."""

    def __init__(self, window: int) -> None:
        super().__init__("sum", (whole(window, "window"),))


class Wma(Stream):
    """:func:`tapeline.indicators.wma`, running."""

    def __init__(self, window: int) -> None:
        super().__init__("wma", (whole(window, "window"),))


class RollingMin(Stream):
    """:func:`tapeline.indicators.rolling_min`, running."""

    def __init__(self, window: int) -> None:
        super().__init__("min", (whole(window, "window"),))


class RollingMax(Stream):
    """:func:`tapeline.indicators.rolling_max`, running."""

    def __init__(self, window: int) -> None:
        super().__init__("max", (whole(window, "window"),))


class Ema(Stream):
    """:func:`tapeline.indicators.ema`, running."""

    def __init__(self, window: int) -> None:
        super().__init__("ema", (whole(window, "window"),))


class Std(Stream):
    """:func:`tapeline.indicators.std`, running."""

    def __init__(self, window: int, *, ddof: int = 0) -> None:
        super().__init__("std", (whole(window, "window"), whole(ddof, "ddof", 0)))


class Var(Stream):
    """:func:`tapeline.indicators.var`, running."""

    def __init__(self, window: int, *, ddof: int = 0) -> None:
        super().__init__("var", (whole(window, "window"), whole(ddof, "ddof", 0)))


class RealisedVolatility(Stream):
    """:func:`tapeline.indicators.realised_volatility`, running."""

    def __init__(self, window: int, *, per_year: float | None = None) -> None:
        super().__init__(
            "realised_volatility",
            (whole(window, "window"),),
            (yearly(per_year, whole(window, "window")),),
        )


class Rsi(Stream):
    """:func:`tapeline.indicators.rsi`, running."""

    def __init__(self, window: int = 14) -> None:
        super().__init__("rsi", (whole(window, "window"),))


class Atr(Stream):
    """:func:`tapeline.indicators.atr`, running: ``update(high, low, close)``."""

    def __init__(self, window: int = 14) -> None:
        super().__init__("atr", (whole(window, "window"),))


class Vwap(Stream):
    """:func:`tapeline.indicators.vwap`, running: ``update(price, quantity)``."""

    def __init__(self, window: int) -> None:
        super().__init__("vwap", (whole(window, "window"),))


class KyleLambda(Stream):
    """:func:`tapeline.indicators.kyle_lambda`, running: ``update(price, signed_quantity)``."""

    def __init__(self, window: int) -> None:
        super().__init__("kyle_lambda", (whole(window, "window"),))


class TradeSignAutocorrelation(Stream):
    """:func:`tapeline.indicators.trade_sign_autocorrelation`, running."""

    def __init__(self, window: int, lag: int = 1) -> None:
        super().__init__("autocorrelation", (whole(window, "window"), whole(lag, "lag")))


class Vpin(Stream):
    """:func:`tapeline.indicators.vpin`, running."""

    def __init__(self, bucket_volume: float, window: int = 50) -> None:
        super().__init__(
            "vpin", (whole(window, "window"),), (positive(bucket_volume, "bucket_volume"),)
        )


class OrderFlowImbalance(Stream):
    """:func:`tapeline.indicators.order_flow_imbalance`, running.

    ``update(bid_price, bid_quantity, ask_price, ask_quantity)``.
    """

    def __init__(self, window: int) -> None:
        super().__init__("order_flow_imbalance", (whole(window, "window"),))


class FundingCarry(Stream):
    """:func:`tapeline.indicators.funding_carry`, running: ``update(rate, interval_hours)``."""

    def __init__(self, window: int) -> None:
        super().__init__("funding_carry", (whole(window, "window"),))


class Bollinger(Bands):
    """:func:`tapeline.indicators.bollinger`, running."""

    def __init__(self, window: int, deviations: float = 2.0) -> None:
        super().__init__(
            "bollinger", (whole(window, "window"),), (positive(deviations, "deviations"),)
        )


class Macd(Bands):
    """:func:`tapeline.indicators.macd`, running."""

    def __init__(self, fast: int = 12, slow: int = 26, signal: int = 9) -> None:
        super().__init__(
            "macd", (whole(fast, "fast"), whole(slow, "slow", fast + 1), whole(signal, "signal"))
        )


class Spread(Stream):
    """:func:`tapeline.indicators.spread`, running."""

    def __init__(self) -> None:
        super().__init__("spread", ())


class BookImbalance(Stream):
    """:func:`tapeline.indicators.book_imbalance`, running."""

    def __init__(self) -> None:
        super().__init__("book_imbalance", ())


class Microprice(Stream):
    """:func:`tapeline.indicators.microprice`, running."""

    def __init__(self) -> None:
        super().__init__("microprice", ())
