"""Stage 6, reference averages. Integers only; prices and quantities at scale 18."""

from typing import Final

COLD_START: Final = 31
WEIGHT: Final = 1_024
BAND: Final = 20
SPIKE: Final = 10
DAY_EVENTS: Final = 64
MAX_SUM: Final = 10**37
_DAY_NS: Final = 86_400 * 10**9


class MarketAverage:
    """The slow average of the price, and the 5 % band around it."""

    def __init__(self) -> None:
        self._first_prices: list[int] = []
        self._acc: int | None = None

    def is_out_of_band(self, price: int) -> bool:
        """Judge a price against the average before it."""
        if self._acc is None:
            return False
        average = self._acc // WEIGHT
        return abs(price - average) * BAND > average

    def move(self, price: int) -> None:
        """Take in a price, limited to the band."""
        if self._acc is None:
            self._first_prices.append(price)
            if len(self._first_prices) == COLD_START:
                self._acc = sorted(self._first_prices)[COLD_START // 2] * WEIGHT
            return
        average = self._acc // WEIGHT
        step = average // BAND
        limited = min(max(price, average - step), average + step)
        self._acc = self._acc + limited - average


class DailyAverage:
    """The average quantity of a UTC day, and ten times that as the limit."""

    def __init__(self) -> None:
        self._day: int | None = None
        self._sum = 0
        self._count = 0
        self._limit: int | None = None

    def is_spike(self, quantity: int) -> bool:
        """Judge a quantity against the limit before it."""
        return self._limit is not None and quantity > self._limit

    def move(self, quantity: int, timestamp_ns: int) -> None:
        """Take in a quantity of the day of its time."""
        day = timestamp_ns // _DAY_NS
        if self._day is not None and day < self._day:
            return
        if day != self._day:
            self._day, self._sum, self._count = day, 0, 0
        if self._sum + quantity > MAX_SUM:
            return
        self._sum += quantity
        self._count += 1
        if self._count % DAY_EVENTS == 0:
            self._limit = SPIKE * self._sum // self._count
