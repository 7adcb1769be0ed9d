"""Which symbols a market lists, of settings and of lists that tests make up."""

from dataclasses import replace

import pytest

from tapeline.adapters.instrument_cache import DELISTED
from tapeline.adapters.registry import venue
from tapeline.apps.collect_plan import planned, startable, unlisted_in
from tapeline.apps.collect_symbols import find, matching, near, offered
from tapeline.apps.settings import CollectSettings
from tapeline.errors import SettingsError
from tapeline.model import Instrument

BTC = Instrument("binance", "spot", "BTC/USDT", "BTCUSDT")
ETH = Instrument("binance", "spot", "ETH/USDT", "ETHUSDT")
GONE = replace(Instrument("binance", "spot", "LUNA/USDT", "LUNAUSDT"), status=DELISTED)


def test_words_are_found_in_any_spelling_and_told_apart() -> None:
    found = find(["btcusdt", "ETH/USDT", "BTC/USDT", "X", "X"], [BTC, ETH])
    assert found.instruments == (BTC, ETH)
    assert found.unlisted == ("X",)


@pytest.mark.parametrize("word", ["BTC/USDTT", "BTCUSD", "btc-usdt", "ETCUSDT"])
def test_what_may_have_been_meant_is_near(word: str) -> None:
    there = [BTC, ETH, Instrument("binance", "spot", "ZEN/EUR", "ZENEUR")]
    found = near(word, there)
    assert "BTC/USDT" in found
    assert "ZEN/EUR" not in found


def test_what_is_delisted_is_not_offered() -> None:
    assert offered(venue("binance", "spot"), [BTC, GONE]) == [BTC]


def test_a_coin_stands_for_all_its_pairs() -> None:
    assert matching(["BTC", "ethusdt", "NO"], [BTC, ETH]) == (["BTCUSDT", "ETHUSDT"], ["NO"])


def test_a_market_of_which_nothing_is_listed_is_left_out() -> None:
    settings = CollectSettings(
        venues=("binance:spot=BTC/USDT", "okx:spot=NOSUCHCOIN"),
        isolate=("NEITHER",),
        endpoint=("ws://127.0.0.1:9",),
    )
    plans = planned(settings)
    said = unlisted_in(plans)
    assert "binance:spot does not list 'NEITHER'" in said
    assert "okx:spot does not list 'NOSUCHCOIN', 'NEITHER'" in said
    (left,) = startable(plans, is_partial=True)
    assert left.name == "binance:spot"
    with pytest.raises(SettingsError, match="does not list 'NOSUCHCOIN'"):
        startable(plans, is_partial=False)


def test_other_subscriptions_are_refused_or_taken_without_what_is_not_listed() -> None:
    (plan,) = planned(CollectSettings(endpoint=("ws://127.0.0.1:9",)))
    with pytest.raises(SettingsError, match="does not list 'NOSUCHCOIN'"):
        plan.selecting(["ETH/USDT", "NOSUCHCOIN"], ["trade"])
    taken = replace(plan, is_partial=True).selecting(["ETH/USDT", "NOSUCHCOIN"], ["trade"])
    assert [each.symbol for each in taken.feed.instruments] == ["ETH/USDT"]
    assert taken.unlisted == ("NOSUCHCOIN",)
