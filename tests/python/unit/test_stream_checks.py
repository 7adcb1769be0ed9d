"""Which silence makes a collector red: of what streams, and after how long."""

from math import inf

import pytest

from tapeline.adapters.connection.health import HealthPolicy, LineHealth
from tapeline.apps.collect_health import StreamChecks
from tapeline.apps.collect_readings import Silences, StreamReading

S = 1_000_000_000
TRADE, FORCED, QUIET = ("BTCUSDT", "trade"), ("BTCUSDT", "forceOrder"), ("XYZUSDT", "trade")


VENUE = ("binance", "spot")
NOW_NS = 1_000 * S


def test_a_stream_is_stale_once_it_is_silent_for_longer_than_any_of_its_lines_allows() -> None:
    silences, received = Silences(), {TRADE: NOW_NS}
    allowances = [(TRADE, 15.0), (FORCED, inf), (TRADE, 20.0)]

    def look(now_ns: int) -> StreamReading:
        (found,) = silences.read(VENUE, allowances, received, now_ns)
        return found

    assert look(NOW_NS) == StreamReading(*VENUE, "BTCUSDT", "trade", 0.0, 20.0)
    assert not look(NOW_NS + 20 * S).is_stale
    assert look(NOW_NS + 20 * S + 1).is_stale
    received[TRADE] = NOW_NS + 20 * S
    assert not look(NOW_NS + 20 * S + 1).is_stale


def test_a_stream_without_any_data_is_silent_since_it_was_first_looked_at() -> None:
    silences = Silences()

    def silence_s(now_ns: int) -> float:
        (found,) = silences.read(VENUE, [(TRADE, 15.0)], {}, now_ns)
        return found.silence_s

    assert silence_s(NOW_NS) == 0.0
    assert silence_s(NOW_NS + 16 * S) == 16.0
    assert silence_s(NOW_NS - 60 * S) == 0.0, "the wall clock stepped back"


def reading(symbol: str, silence_s: float) -> StreamReading:
    return StreamReading("binance", "spot", symbol, "trade", silence_s, 15.0)


@pytest.mark.parametrize(
    ("required", "red"),
    [
        (None, ["BTCUSDT", "XYZUSDT"]),
        (("btc/usdt",), ["BTCUSDT"]),
        (("BTCUSDT", "ETHUSDT"), ["BTCUSDT"]),
        ((), []),
    ],
)
def test_required_symbols_alone_make_it_red(
    required: tuple[str, ...] | None, red: list[str]
) -> None:
    found = [reading("BTCUSDT", 21.4), reading("XYZUSDT", 99.0), reading("ETHUSDT", 1.0)]
    checks = StreamChecks(lambda: found, required, {"BTCUSDT": "BTC/USDT"}).check()
    failing = [check for check in checks if not check.is_ok]
    names = [f"stream binance:spot {each}@trade" for each in red]
    assert [check.name for check in failing] == names
    if failing:
        assert failing[0].reason == "nothing came for 21.4 s, 15.0 s are allowed"


def test_what_is_allowed_is_the_most_of_policy_channel_and_habit() -> None:
    policy = HealthPolicy(first_data_s=30.0, staleness_s=15.0)
    health = LineHealth(policy, {TRADE: 0.0, QUIET: 60.0, FORCED: inf}, 0)
    assert health.allowed_s(TRADE) == 30.0, "its first data may take longer"
    assert health.allowed_s(QUIET) == 60.0
    assert health.allowed_s(FORCED) == inf
    assert health.allowed_s(("OTHER", "trade")) == 15.0
    for second in range(1, 12):
        # It is heard at 1 s and at 9 s, and that silence of 8 s is its habit.
        stamp = 1 if second < 9 else 2
        health.check(
            second * S, activity=(second, 0), is_waiting=False, last_received={TRADE: stamp}
        )
    assert health.allowed_s(TRADE) == 40.0


def test_with_the_rule_off_nothing_is_required() -> None:
    health = LineHealth(HealthPolicy(staleness_s=0.0), {TRADE: 0.0}, 0)
    assert health.allowed_s(TRADE) == inf
