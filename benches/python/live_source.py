"""Sends trades to a local bus at a steady rate, each with the time at which it was made.

Run by :mod:`benches.python.live`; prints how many trades it sent.
"""

import sys
from time import sleep as pause
from typing import Final

from tapeline.cleaning.native import NativeNormalizer
from tapeline.model import Instrument
from tapeline.telemetry.clock import SystemClock
from tapeline.transport.open import open_sink

TICK_NS: Final = 20_000_000
_FRAME: Final = (
    '{"stream":"%s@trade","data":{"e":"trade","E":%d,"s":"%s","t":%d,"p":"%d.%02d000000",'
    '"q":"%d.%05d000","T":%d,"m":%s,"M":true}}'
)


def run(transport: str, symbols: list[str], per_s: int, seconds: float) -> int:
    """Send; return how many trades."""
    clock = SystemClock()
    names = [each.replace("/", "") for each in symbols]
    normalizer = NativeNormalizer(
        exchange="binance",
        market="spot",
        instruments=[
            Instrument("binance", "spot", symbol, name)
            for symbol, name in zip(symbols, names, strict=True)
        ],
        producer="bench",
        stale_after_ns=0,
    )
    sink = open_sink(transport)
    sent, started_ns = 0, clock.monotonic_ns()
    while (now_ns := clock.monotonic_ns()) - started_ns < seconds * 1e9:
        due = (now_ns - started_ns) * per_s // 1_000_000_000
        wall_ns = clock.wall_ns()
        frames = [_frame(names, place, wall_ns // 1_000_000) for place in range(sent, due)]
        if frames:
            pushed = normalizer.push(frames, [wall_ns] * len(frames), sent_ns=wall_ns)
            sink.send(pushed.messages)
        sink.poll()
        sent = due
        pause(max(0, TICK_NS - (clock.monotonic_ns() - now_ns)) / 1e9)
    sink.close(30)
    return sent


def _frame(names: list[str], place: int, time_ms: int) -> bytes:
    name = names[place % len(names)]
    return (
        _FRAME
        % (
            name.lower(),
            time_ms,
            name,
            place,
            61_000 + place % 50,
            place % 100,
            place % 3,
            place % 90_000 + 1,
            time_ms,
            "true" if place % 2 else "false",
        )
    ).encode()


if __name__ == "__main__":
    address, wanted, rate, duration = sys.argv[1:]
    count = run(address, wanted.split(","), int(rate), float(duration))
    sys.stdout.write(f"{count}\n")
