"""A seeded generator of frames: a market that trades, and everything that can go wrong with it.

The same seed gives the same frames. Faults of the sequence (ids lost, doubled, swapped, started
again) come from `Market`; faults of one frame from `Spoiler` in `spoiling`.
"""

from collections import deque
from random import Random
from typing import Final, Literal, NamedTuple

from tests.python.property.recordings import Frame
from tests.python.property.spoiling import Fields, Spoiler, render

SYMBOLS: Final = {
    "BTCUSDT": "BTC/USDT",
    "ETHBTC": "ETH/BTC",
    "1000SHIBUSDT": "1000SHIB/USDT",
    "币安人生USDT": "币安人生/USDT",
}
_START_MS: Final = 1_723_161_255_000
_DAY_MS: Final = 86_400_000


class Shares(NamedTuple):
    """How often what happens, each from 0 to 1."""

    sequence_faults: float = 0.02
    frame_faults: float = 0.3
    other_messages: float = 0.03


class Stream:
    """One instrument and channel that trades."""

    def __init__(self, random: Random, symbol: str, channel: str) -> None:
        self._random = random
        self.symbol = symbol
        self.channel = channel
        self._number = random.choice([1, 1_000, 3_735_683_259, 2**53, 2**64 - 5_000])
        self._ticks = random.choice([90_000, 61_837_63, 10**15])
        self._decimals = random.randrange(9)
        self._time_ms = _START_MS + random.randrange(1_000)
        self._published_ms = self._time_ms
        self._sent: deque[Fields] = deque(maxlen=2_000)
        self._held: list[Fields] = []
        self._return_to: int | None = None

    def trade(self, has_sequence_fault: bool) -> Fields:
        """Return the next trade, or one that is out of line."""
        if self._held and self._random.random() < 0.2:
            return self._held.pop(self._random.randrange(len(self._held)))
        if self._return_to is not None and self._random.random() < 0.5:
            self._number, self._return_to = self._return_to, None
        if has_sequence_fault:
            return self._out_of_line()
        return self._next()

    def _next(self) -> Fields:
        random = self._random
        self._number += 1
        self._time_ms += random.choice([0, 0, 0, 1, 7, 40])
        self._published_ms = max(self._published_ms, self._time_ms + random.choice([0, 1, 1, 3]))
        self._ticks = max(
            1, self._ticks + random.choice([-1, 0, 0, 1]) * (self._ticks // 20_000 + 1)
        )
        fields = Fields(
            self.channel,
            self.symbol,
            self._number,
            self._decimal(self._ticks),
            self._decimal(random.randrange(1, 200) * 10 ** random.randrange(3)),
            self._time_ms,
            self._published_ms,
            random.random() < 0.5,
        )
        self._sent.append(fields)
        return fields

    def _decimal(self, ticks: int) -> str:
        digits = str(ticks).rjust(self._decimals + 1, "0")
        if not self._decimals:
            return digits
        zeros = "0" * self._random.choice([0, 0, 3])
        return f"{digits[: -self._decimals]}.{digits[-self._decimals :]}{zeros}"

    def _out_of_line(self) -> Fields:
        random = self._random
        fault = random.choice(
            ["drop", "hold", "double", "conflict", "reuse", "jump", "low", "time"]
        )
        if fault == "drop":
            self._number += random.choice([1, 1, 2, 50, 2_000])
        elif fault == "hold":
            self._held += [self._next() for _ in range(random.choice([1, 1, 2, 5]))]
        elif fault == "jump":
            self._return_to = self._number if random.random() < 0.7 else None
            self._number = self._far_number()
        elif fault == "time":
            self._time_ms += random.choice([-1, -100, 6_000, _DAY_MS, -_DAY_MS])
            self._published_ms = self._time_ms
        elif self._sent:
            return self._again(fault)
        return self._next()

    def _far_number(self) -> int:
        random = self._random
        far = self._number + random.choice([1_000_000_000, 1_000_000_001, -999_999, 10**12])
        return random.choice([1, max(1, self._number - 2_000_000), max(1, min(far, 2**64 - 2_000))])

    def _again(self, fault: str) -> Fields:
        random = self._random
        old = self._sent[-random.choice([1, 1, 2, 5, len(self._sent)]) % len(self._sent)]
        if fault == "conflict":
            return old._replace(price=self._decimal(self._ticks + 5))
        if fault == "reuse":
            return old._replace(time_ms=self._time_ms + random.choice([-1, 0, 1]))
        if fault == "low":
            return old._replace(number=max(0, self._sent[0].number - random.choice([1, 2, 90])))
        return old


class Market:
    """Several streams over one connection.

    Parameters
    ----------
    seed : int
        Decides everything.
    time_unit : {"ms", "us"}
        The connection's unit.
    shares : Shares
        How often what goes wrong.
    """

    def __init__(
        self, seed: int, time_unit: Literal["ms", "us"] = "ms", shares: Shares | None = None
    ) -> None:
        self._random = Random(seed)
        self._shares = shares or Shares()
        self._spoiler = Spoiler(self._random, time_unit)
        self._time_unit = time_unit
        self._streams = [
            Stream(self._random, symbol, channel)
            for symbol in SYMBOLS
            for channel in ("trade", "aggTrade")
        ]

    def frames(self, count: int) -> list[Frame]:
        """Return the next frames."""
        return [self._frame() for _ in range(count)]

    def pushes(self, count: int) -> "list[list[Frame]]":
        """Return the next frames in pushes of random sizes."""
        left, parts = count, []
        while left > 0:
            size = min(left, self._random.choice([1, 3, 64, 256, 257, 600, 2_000]))
            parts.append(self.frames(size))
            left -= size
        return parts

    def _frame(self) -> Frame:
        random = self._random
        if random.random() < self._shares.other_messages:
            return Frame(self._spoiler.other_message(), _START_MS * 1_000_000)
        stream = random.choices(self._streams, weights=[16, 1, 4, 2, 1, 1, 1, 1])[0]
        fields = stream.trade(random.random() < self._shares.sequence_faults)
        received_ns = fields.time_ms * 1_000_000 + random.randrange(90_000_000)
        if random.random() >= self._shares.frame_faults:
            is_combined = random.random() < 0.7
            return Frame(render(fields, self._time_unit, is_combined).encode(), received_ns)
        return Frame(self._spoiler.spoil(fields), self._spoiler.receive_time(received_ns))
