"""Many different trades, encoded as a collector does: what the storage benchmarks read."""

import random
from collections.abc import Iterator, Sequence
from typing import Final

from tapeline.cleaning.native import NativeNormalizer
from tapeline.model import Instrument
from tapeline.transport.ports import Message

SYMBOLS: Final = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
START_MS: Final = 1_767_614_400_000
"""2026-01-05T12:00:00Z."""
BATCH: Final = 256
"""Trades of a micro-batch."""
_TICKS: Final = (8_400_000, 310_000, 14_000)
_FRAME: Final = (
    '{"stream":"%s@trade","data":{"e":"trade","E":%d,"s":"%s","t":%d,"p":"%d.%02d000000",'
    '"q":"%d.%05d000","T":%d,"m":%s,"M":true}}'
)


def messages(trades: int, *, producer: str = "bench") -> Iterator[Sequence[Message]]:
    """Yield trades of three instruments in turn, about 3,000 a second of market time.

    Prices walk by ticks, quantities are skewed, ids count up. Each push gives a batch of
    ``BATCH`` trades an instrument.
    """
    instruments = [Instrument("binance", "spot", f"{name[:3]}/USDT", name) for name in SYMBOLS]
    normalizer = NativeNormalizer(
        exchange="binance",
        market="spot",
        instruments=instruments,
        producer=producer,
        stale_after_ns=0,
    )
    source = random.Random(20260105)
    prices = list(_TICKS)
    per_push = BATCH * len(SYMBOLS)
    for begin in range(0, trades, per_push):
        places = range(begin, min(begin + per_push, trades))
        frames = [_frame(place, prices, source) for place in places]
        stamps = [
            (START_MS + place // 3) * 1_000_000 + source.randrange(2_000_000, 9_000_000)
            for place in places
        ]
        yield normalizer.push(frames, stamps, sent_ns=stamps[-1]).messages


def trade_values(trades: int) -> list[bytes]:
    """Return the encoded batches of trades, an instrument's one after the other."""
    found = [
        (topic, value)
        for pushed in messages(trades)
        for topic, _, value in pushed
        if topic.startswith("trade.")
    ]
    return [value for _, value in sorted(found, key=lambda each: each[0])]


def _frame(place: int, prices: list[int], source: random.Random) -> bytes:
    which = place % len(SYMBOLS)
    time_ms = START_MS + place // 3
    prices[which] += source.choice((-3, -1, 0, 0, 0, 0, 1, 3))
    quantity = int(source.expovariate(1 / 20_000)) + 1
    frame = _FRAME % (
        *(SYMBOLS[which].lower(), time_ms + 1, SYMBOLS[which], place // len(SYMBOLS) + 1),
        *divmod(prices[which], 100),
        *divmod(quantity, 100_000),
        *(time_ms, "true" if source.random() < 0.5 else "false"),
    )
    return frame.encode()
