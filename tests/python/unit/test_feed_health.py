"""Health, patience, subscriptions and addresses: decisions without IO."""

import math
import random

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tapeline.adapters.binance.requests import stream_name
from tapeline.adapters.binance.spot.dialect import DIALECT
from tapeline.adapters.connection.dialect import ConnectRate, Stream, checked_endpoint
from tapeline.adapters.connection.health import HealthPolicy, LineHealth, Symptom
from tapeline.adapters.connection.patience import Backoff, ConnectBudget, ConnectBudgets
from tapeline.adapters.connection.ports import retry_after_s
from tapeline.adapters.connection.subscriptions import Subscriptions
from tapeline.errors import SettingsError

NS = 1_000_000_000
BTC = ("BTCUSDT", "trade")
ETH = ("ETHUSDT", "trade")


class Watch:
    """Drives a LineHealth over simulated time, in steps of half a second."""

    def __init__(self, policy: HealthPolicy, *keys: tuple[str, str]) -> None:
        self.now_ns = 0
        self.health = LineHealth(policy, keys, 0)
        self.stamps: dict[tuple[str, str], int] = {}
        self.activity = 0
        self.heartbeats = 0

    def data(self, key: tuple[str, str], stamp: int | None = None) -> None:
        self.activity += 1
        self.stamps[key] = self.now_ns + 1 if stamp is None else stamp

    def step(self, seconds: float = 0.5, *, waiting: bool = False) -> tuple[Symptom, str] | None:
        self.now_ns += int(seconds * NS)
        return self.health.check(
            self.now_ns,
            activity=(self.activity, self.heartbeats),
            is_waiting=waiting,
            last_received=dict(self.stamps),
        )

    def until_symptom(self, limit_s: float) -> tuple[float, Symptom | None]:
        start_ns = self.now_ns
        while self.now_ns - start_ns < limit_s * NS:
            found = self.step()
            if found is not None:
                return (self.now_ns - start_ns) / NS, found[0]
        return limit_s, None


STALE_ONLY = HealthPolicy(first_data_s=10, staleness_s=15, idle_ping_s=0)
PING_ONLY = HealthPolicy(first_data_s=0, staleness_s=0)


def test_silence_asks_for_a_ping_and_then_means_half_open_within_5_seconds() -> None:
    watch = Watch(PING_ONLY, BTC)
    assert watch.until_symptom(10) == (2.0, Symptom.QUIET)
    assert watch.until_symptom(10) == (2.5, Symptom.HALF_OPEN)


def test_anything_that_comes_resets_the_ping() -> None:
    watch = Watch(PING_ONLY, BTC)
    assert watch.until_symptom(10)[1] is Symptom.QUIET
    watch.data(BTC)
    assert watch.until_symptom(10) == (2.5, Symptom.QUIET)


def test_a_server_that_answers_no_pings_is_given_twice_the_time_after_each_reconnect() -> None:
    watch = Watch(PING_ONLY, BTC)
    for patience_s in (2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 80.0):
        watch.health.start_session(watch.now_ns, {})
        assert watch.until_symptom(10) == (2.0, Symptom.QUIET)
        assert watch.until_symptom(100) == (patience_s, Symptom.HALF_OPEN)
    watch.health.start_session(watch.now_ns, {})
    watch.heartbeats += 1
    watch.step()
    assert watch.until_symptom(10) == (2.0, Symptom.QUIET)
    assert watch.until_symptom(10) == (2.5, Symptom.HALF_OPEN)


def test_frames_that_wait_on_our_side_are_no_silence() -> None:
    watch = Watch(PING_ONLY, BTC)
    assert all(watch.step(waiting=True) is None for _ in range(100))


def test_a_blocked_loop_or_a_suspended_machine_blames_nobody() -> None:
    watch = Watch(PING_ONLY, BTC)
    watch.data(BTC)
    assert watch.step() is None
    assert watch.step(60.0) == (Symptom.QUIET, "")
    watch.data(BTC)
    assert watch.step() is None


def test_a_stepping_wall_clock_causes_no_false_alarm() -> None:
    watch = Watch(STALE_ONLY, BTC)
    for stamp in (10**18, 10**18 - 3_600 * NS, 10**18 + 3_600 * NS):
        for offset in range(20):
            watch.data(BTC, stamp + offset)
            assert watch.step() is None


def test_the_first_data_of_each_subscription_has_a_deadline() -> None:
    watch = Watch(STALE_ONLY, BTC, ETH)
    for _ in range(19):
        watch.data(BTC)
        assert watch.step() is None
    watch.data(BTC)
    assert watch.step() == (Symptom.STALE, "no data of ETHUSDT@trade")


def test_a_pair_that_hardly_trades_is_given_twice_the_time_after_each_fruitless_reconnect() -> None:
    watch = Watch(STALE_ONLY, BTC)
    waits = []
    for _ in range(5):
        waits.append(watch.until_symptom(5_000)[0])
        watch.health.start_session(watch.now_ns, watch.stamps)
    assert waits == [10.0, 20.0, 40.0, 80.0, 160.0]


def test_a_stream_may_be_silent_5_times_its_longest_silence() -> None:
    watch = Watch(STALE_ONLY, BTC)
    watch.data(BTC)
    watch.step()
    for _ in range(20):
        assert watch.step() is None
    watch.data(BTC)
    watch.step()
    seconds, symptom = watch.until_symptom(200)
    assert symptom is Symptom.STALE
    assert seconds == pytest.approx(52.5, abs=1.0)


class Clock:
    def __init__(self) -> None:
        self.ns = 0

    def __call__(self) -> int:
        return self.ns


@given(st.integers(0, 10_000))
def test_delays_grow_with_jitter_to_5_s_in_the_first_minute_and_30_s_after(seed: int) -> None:
    clock = Clock()
    backoff = Backoff(random.Random(seed), clock)
    early = [backoff.next_delay_s() for _ in range(40)]
    assert all(0.1 <= delay <= 5.0 for delay in early)
    clock.ns = 61 * NS
    late = [backoff.next_delay_s() for _ in range(40)]
    assert max(late) <= 30.0
    assert len({round(delay, 6) for delay in late[20:]}) > 5, "jitter must survive at the cap"
    backoff.succeeded()
    assert backoff.next_delay_s() <= 0.3


@settings(suppress_health_check=[HealthCheck.too_slow])  # long lists, on a busy machine
@given(st.lists(st.integers(0, 2_000), min_size=400, max_size=900))
def test_no_window_of_5_minutes_sees_more_attempts_than_the_budget(gaps_ms: list[int]) -> None:
    clock = Clock()
    budget = ConnectBudget(clock, burst=100, per_window=150, window_s=300)
    made: list[int] = []
    for gap_ms in gaps_ms:
        clock.ns += gap_ms * 1_000_000
        made.append(clock.ns + int(budget.reserve_s() * NS))
    made.sort()
    for index, start in enumerate(made):
        later = index + 251
        if later < len(made):
            assert made[later] - start >= 300 * NS - 1_000_000


def subscriptions(names: list[str], ack_timeout_s: float) -> Subscriptions:
    return Subscriptions(DIALECT, [Stream(name, name, "trade") for name in names], ack_timeout_s)


def test_subscriptions_are_sent_in_parts_with_a_pause_and_complete_when_all_are_answered() -> None:
    asked = subscriptions([f"s{n}@trade" for n in range(250)], 10)
    first = orjson.loads(asked.next_message(0) or "")
    assert (first["id"], len(first["params"])) == (1, 200)
    assert asked.next_message(NS // 4) is None
    second = orjson.loads(asked.next_message(NS) or "")
    assert (second["id"], len(second["params"])) == (2, 50)
    asked.answer('{"result":null,"id":2}')
    assert not asked.is_complete
    asked.answer('{"result":null,"id":"1"}')
    assert asked.is_complete
    assert asked.overdue(10**15, {}) == []


def test_a_missing_answer_names_its_streams() -> None:
    asked = subscriptions(["a@trade", "b@trade"], 1)
    asked.next_message(0)
    assert asked.overdue(NS - 1, {}) == []
    assert asked.overdue(NS, {}) == ["a@trade", "b@trade"]


@pytest.mark.parametrize("text", ["", "null", "[]", "rubbish", '{"result":null,"id":99}', "{}"])
def test_answers_to_nothing_change_nothing(text: str) -> None:
    asked = subscriptions(["a@trade"], 1)
    asked.next_message(0)
    asked.answer(text)
    assert asked.refusals == []
    assert asked.overdue(NS, {}) == ["a@trade"]


def test_only_ascii_letters_are_lowered() -> None:
    assert stream_name("BTCUSDT", "aggTrade") == "btcusdt@aggTrade"
    assert stream_name("İÄ币USDT", "trade") == "İÄ币usdt@trade"


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://a:1",
        "ws://",
        "ws://a:99999",
        "ws://a/path",
        "ws://a?x=1",
        "a:1",
        "",
        "ws://a:0",
        "wss://u:p@a",
    ],
)
def test_an_endpoint_that_is_none_is_refused(endpoint: str) -> None:
    with pytest.raises(SettingsError, match="endpoint must look like"):
        checked_endpoint(endpoint)


@pytest.mark.parametrize("endpoint", ["wss://key:hunter2@a:1", "hunter2@a", "wss://hunter2@[::1"])
def test_a_password_in_an_endpoint_is_refused_and_not_repeated(endpoint: str) -> None:
    with pytest.raises(SettingsError, match="password") as caught:
        checked_endpoint(endpoint)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        (None, None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("-1", None),
        ("²", None),
        ("9" * 30, 604_800.0),
    ],
)
def test_retry_after(text: str | None, seconds: float | None) -> None:
    assert retry_after_s(text) == seconds


def test_a_stream_whose_rhythm_is_known_is_missed_soon_while_a_sentinel_delivers() -> None:
    watch = Watch(STALE_ONLY, BTC, ETH)
    for _ in range(1_100):
        watch.data(BTC)
        watch.data(ETH)
        assert watch.step() is None
    waited_s = 0.0
    while (found := _with_data(watch, BTC)) is None:
        waited_s += 0.5
    assert found == (Symptom.STALE, "no data of ETHUSDT@trade")
    assert 2.5 <= waited_s <= 5.0


def test_without_a_sentinel_the_same_silence_is_given_the_whole_time() -> None:
    watch = Watch(STALE_ONLY, BTC, ETH)
    for _ in range(1_100):
        watch.data(BTC)
        watch.data(ETH)
        assert watch.step() is None
    assert watch.until_symptom(100) == (15.0, Symptom.STALE)


def test_a_quiet_stream_beside_a_sentinel_costs_one_reconnect_and_then_15_minutes() -> None:
    watch = Watch(STALE_ONLY, BTC, ETH)
    found = []
    for _ in range(3_000):
        symptom = _with_data(watch, BTC)
        if symptom is not None:
            found.append(watch.now_ns / NS)
            watch.health.start_session(watch.now_ns, watch.stamps)
    assert found == [10.0, 910.0]


def _with_data(watch: Watch, key: tuple[str, str]) -> tuple[Symptom, str] | None:
    watch.data(key)
    return watch.step()


def test_a_slow_stream_is_given_its_venues_patience() -> None:
    watch = Watch(STALE_ONLY)
    watch.health.watch({BTC: 60.0, ETH: math.inf})
    assert watch.until_symptom(1_000) == (60.0, Symptom.STALE)
    watch.health.forget([BTC])
    assert watch.until_symptom(1_000) == (1_000, None)


def test_a_line_that_is_never_silent_is_asked_sooner() -> None:
    watch = Watch(PING_ONLY, BTC)
    for _ in range(6_000):
        watch.data(BTC)
        watch.step(0.1)
    seconds = 0.0
    while watch.step(0.1) is None:
        seconds += 0.1
    assert 0.4 <= seconds <= 0.8


def test_hosts_share_a_budget_whatever_the_market_and_local_servers_have_their_own() -> None:
    clock = Clock()
    budgets = ConnectBudgets(clock)
    rate = ConnectRate(burst=1, per_window=1, window_s=1.0)
    one = budgets.of("wss://stream.binance.com:9443", rate)
    assert budgets.of("wss://stream.binance.com", rate) is one
    assert budgets.of("wss://fstream.binance.com", rate) is not one
    assert budgets.of("ws://127.0.0.1:1", rate) is not budgets.of("ws://127.0.0.1:2", rate)


def test_names_that_lead_to_one_address_share_its_budget_too() -> None:
    budgets = ConnectBudgets(Clock())
    rate = ConnectRate(burst=1, per_window=1, window_s=1.0)
    first, second = "wss://stream.binance.com", "wss://data-stream.binance.vision"
    assert budgets.reserve_s(first, "192.0.2.1", rate) == 0.0
    assert budgets.reserve_s(second, "192.0.2.1", rate) == pytest.approx(1.0)
    assert budgets.reserve_s("wss://fstream.binance.com", "192.0.2.2", rate) == 0.0
    assert budgets.reserve_s("wss://dstream.binance.com", None, rate) == 0.0
    assert budgets.reserve_s("ws://127.0.0.1:1", "127.0.0.1", rate) == 0.0
    assert budgets.reserve_s("ws://127.0.0.1:2", "127.0.0.1", rate) == 0.0
