"""Indicators that are fed one chunk after another."""

from tapeline.indicators.columns import Column, Floats, as_kind, outputs_for, pieces_of
from tapeline.indicators.native import IndicatorStream
from tapeline.indicators.running import run, whole


class Stream:
    """A running indicator of one output.

    The results are those of the batch function over everything fed so far, bit for bit, whatever
    the chunks.
    """

    def __init__(
        self, name: str, windows: tuple[int, ...], numbers: tuple[float, ...] = ()
    ) -> None:
        self._stream = IndicatorStream(name, windows, numbers)
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
        pieces = [pieces_of(column) for column in columns]
        length = sum(map(len, pieces[0])) if pieces else 0
        outputs = outputs_for(out, self._stream.outputs, length)
        run(self._stream, pieces, outputs)
        if length:
            self._last = tuple(float(output[-1]) for output in outputs)
        return [as_kind(output, columns[0]) for output in outputs]


class Sma(Stream):
    """:func:`tapeline.indicators.sma`, running."""

    def __init__(self, window: int) -> None:
        super().__init__("sma", (whole(window, "window"),))


class Ema(Stream):
    """:func:`tapeline.indicators.ema`, running."""

    def __init__(self, window: int) -> None:
        super().__init__("ema", (whole(window, "window"),))


class Std(Stream):
    """:func:`tapeline.indicators.std`, running."""

    def __init__(self, window: int, *, ddof: int = 0) -> None:
        super().__init__("std", (whole(window, "window"), whole(ddof, "ddof", 0)))


class Vwap(Stream):
    """:func:`tapeline.indicators.vwap`, running: ``update(price, quantity)``."""

    def __init__(self, window: int) -> None:
        super().__init__("vwap", (whole(window, "window"),))
