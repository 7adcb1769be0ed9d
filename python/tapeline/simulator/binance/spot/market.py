"""A synthetic market: who trades when, at what price, how much. Deterministic for a seed.

Made to look like recorded spot trading where it matters for a collector: orders come in bursts,
an order is filled in several trades of one time and side, sides persist, prices walk on the tick
grid, sizes have a heavy tail.
"""

import math
import random
from dataclasses import dataclass

_TABLE_SIZE = 4_096
_TABLE_MASK = _TABLE_SIZE - 1
_MS_NS = 1_000_000

#: (share of time, intensity) of the quiet, usual and stormy regime; the mean intensity is 1.
_REGIMES = ((0.60, 0.35), (0.35, 1.40), (0.05, 6.0))
#: Mean fills of one order, and the chance that the next order has the side of the last.
_FILLS_MEAN = 2.2
_SIDE_PERSISTENCE = 0.72
#: The heavy tail is cut here, in mean sizes: below the 10 of the quantity rule, so that only
#: planted spikes trip it.
_QUANTITY_LIMIT = 6


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair and its grid.

    Attributes
    ----------
    symbol, raw_symbol
        ``BTC/USDT`` and the venue's ``BTCUSDT``.
    price_ticks
        Starting price in ticks.
    tick_exponent, lot_exponent
        Tick and lot are 10 to minus this many.
    quantity_median
        Median size of a fill, in lots.
    first_id
        Trade id before the first.
    """

    symbol: str
    raw_symbol: str
    price_ticks: int
    tick_exponent: int
    lot_exponent: int
    quantity_median: int
    first_id: int


#: Grids and price levels of known pairs; every other one is made up from its name.
KNOWN_PAIRS = {
    "BTC/USDT": Pair("BTC/USDT", "BTCUSDT", 8_400_000, 2, 5, 400, 5_600_000_000),
    "ETH/USDT": Pair("ETH/USDT", "ETHUSDT", 310_000, 2, 4, 800, 2_900_000_000),
    "SOL/USDT": Pair("SOL/USDT", "SOLUSDT", 19_500, 2, 3, 2_500, 1_500_000_000),
    "BNB/USDT": Pair("BNB/USDT", "BNBUSDT", 90_500, 2, 3, 400, 1_300_000_000),
    "XRP/USDT": Pair("XRP/USDT", "XRPUSDT", 22_400, 4, 1, 900, 1_400_000_000),
    "DOGE/USDT": Pair("DOGE/USDT", "DOGEUSDT", 16_200, 5, 0, 600, 1_100_000_000),
}


def pair_of(symbol: str) -> Pair:
    """Return a pair's grid: a known one, or one made up from its name, always the same."""
    known = KNOWN_PAIRS.get(symbol)
    if known is not None:
        return known
    chooser = random.Random(symbol)  # noqa: S311  (must repeat)
    base, _, quote = symbol.partition("/")
    return Pair(
        symbol,
        f"{base}{quote}",
        chooser.randrange(50_000, 900_000),
        chooser.randrange(2, 6),
        chooser.randrange(0, 4),
        chooser.randrange(200, 5_000),
        chooser.randrange(10_000_000, 900_000_000),
    )


class Walk:
    """One pair's price and sizes, drawn fill by fill.

    Prices and quantities are integers on their grids: no float reaches the tape.
    """

    def __init__(self, pair: Pair, chooser: random.Random) -> None:
        self.pair = pair
        self.next_id = pair.first_id + 1
        self.next_aggregate_id = pair.first_id // 2 + 1
        self.is_buyer_maker = chooser.random() < 0.5
        self.price = pair.price_ticks
        self._chooser = chooser
        sizes = [
            pair.quantity_median * math.exp(chooser.gauss(0.0, 1.3)) for _ in range(_TABLE_SIZE)
        ]
        self.quantity_mean = max(1, round(sum(sizes) / len(sizes)))
        limit = _QUANTITY_LIMIT * self.quantity_mean
        self._quantities = [min(max(1, round(size)), limit) for size in sizes]
        deviation = max(1.0, pair.price_ticks * 1.5e-5)
        self._steps = [round(chooser.gauss(0.0, deviation)) for _ in range(_TABLE_SIZE)]
        self._low, self._high = pair.price_ticks // 2, pair.price_ticks * 2

    def order(self) -> int:
        """Begin a taker order: choose its side and move the market; return its number of fills."""
        chooser = self._chooser
        if chooser.random() > _SIDE_PERSISTENCE:
            self.is_buyer_maker = not self.is_buyer_maker
        self.price += self._steps[int(chooser.random() * _TABLE_SIZE)]
        self.price = min(max(self.price, self._low), self._high)
        fills = 1
        while chooser.random() > 1 / _FILLS_MEAN and fills < 40:
            fills += 1
        return fills

    def fill(self) -> tuple[int, int]:
        """Return price (ticks) and quantity (lots) of the next fill: a big order walks the book."""
        draw = int(self._chooser.random() * _TABLE_SIZE * 8)
        if draw < _TABLE_SIZE * 3:
            self.price += -1 if self.is_buyer_maker else 1
        return self.price, self._quantities[draw & _TABLE_MASK]


class Arrivals:
    """Times of orders: a Poisson process whose intensity changes between quiet, usual and stormy.

    Parameters
    ----------
    rate_per_s
        Mean trades a second over all pairs.
    """

    def __init__(self, rate_per_s: float, start_ns: int, chooser: random.Random) -> None:
        self.now_ns = start_ns
        self._chooser = chooser
        self._mean_ns = _FILLS_MEAN * 1e9 / rate_per_s
        self._scale_ns = self._mean_ns
        self._regime_ends_ns = start_ns

    def next(self) -> int:
        """Return the time of the next order, Unix nanoseconds."""
        if self.now_ns >= self._regime_ends_ns:
            self._change_regime()
        self.now_ns += 1 + int(-math.log(1.0 - self._chooser.random()) * self._scale_ns)
        return self.now_ns

    def _change_regime(self) -> None:
        shares, intensities = zip(*_REGIMES, strict=True)
        intensity = self._chooser.choices(intensities, shares)[0]
        self._scale_ns = self._mean_ns / intensity
        self._regime_ends_ns = self.now_ns + int(self._chooser.expovariate(1.0) * 4e9)


class Latencies:
    """How long frames take: from trade to the venue's stamp, and from there to the receiver."""

    def __init__(self, chooser: random.Random) -> None:
        self._chooser = chooser
        self._network_ns = [
            int(3.2 * _MS_NS * math.exp(chooser.gauss(0.0, 0.45))) for _ in range(_TABLE_SIZE)
        ]

    def draw(self) -> tuple[int, int]:
        """Return the venue's delay in whole milliseconds, and the network's in nanoseconds."""
        draw = int(self._chooser.random() * _TABLE_SIZE)
        return (0, 0, 0, 0, 0, 1, 1, 2)[draw & 7], self._network_ns[draw]
