"""What is typed after `tapeline backtest`, as values."""

from pathlib import Path
from typing import Any

import pytest
import typer

from tapeline.apps import backtest_words
from tapeline.compute.backtest.costs import Costs, Fees, Slippage, VolumeCap
from tapeline.compute.backtest.quality import QualityPolicy

PLAIN: dict[str, Any] = {
    "capital": None,
    "fee": None,
    "slippage": None,
    "latency_ms": 0.0,
    "volume_cap": None,
    "sample_s": None,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("50", 50),
        ("-0.5", -0.5),
        ("1e-3", 0.001),
        ("true", True),
        ("null", None),
        ('"50"', "50"),
        ("[1,2]", [1, 2]),
        ("fast", "fast"),
        ("", ""),
        ("a=b", "a=b"),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("1e999", "1e999"),
        ("0x10", "0x10"),
    ],
)
def test_a_parameter_is_a_number_a_truth_value_null_or_text(text: str, value: object) -> None:
    found = backtest_words.parameters([f"size={text}"])
    assert found == {"size": value}
    assert type(found["size"]) is type(value)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fast"], "--param is NAME=VALUE, was 'fast'"),
        (["=1"], "--param is NAME=VALUE, was '=1'"),
        (["2x=1"], "--param is NAME=VALUE, was '2x=1'"),
        (["a=1", "a=2"], "--param a was given twice"),
    ],
)
def test_a_word_that_is_no_parameter_is_refused(words: list[str], message: str) -> None:
    with pytest.raises(typer.BadParameter, match=message):
        backtest_words.parameters(words)


def test_a_policy_is_one_word_or_one_for_each_doubt() -> None:
    assert backtest_words.policy(None) == QualityPolicy()
    assert backtest_words.policy("mask") == QualityPolicy("mask", "allow", "mask")
    assert backtest_words.policy("refuse") == QualityPolicy("refuse", "refuse", "refuse")
    some = backtest_words.policy("gaps=allow, suspicious=refuse")
    assert some == QualityPolicy(gaps="allow", suspicious="refuse")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("drop", "--policy is one of refuse, mask, allow, was 'drop'"),
        ("gaps=drop", "--policy is one of refuse, mask, allow, was 'drop'"),
        ("holes=mask", "--policy has gaps, unverifiable, suspicious, was 'holes'"),
    ],
)
def test_another_policy_is_refused(text: str, message: str) -> None:
    with pytest.raises(typer.BadParameter, match=message):
        backtest_words.policy(text)


@pytest.mark.parametrize(
    ("given", "costs"),
    [
        ({}, Costs()),
        ({"fee": "0.001"}, Costs(fees=Fees(maker=0.001, taker=0.001))),
        ({"fee": "-1bp, 0.05%"}, Costs(fees=Fees(maker=-0.0001, taker=0.0005))),
        ({"latency_ms": 2.5}, Costs(latency_ns=2_500_000)),
        ({"slippage": "fixed:1bp"}, Costs(slippage=Slippage("fixed", 0.0001))),
        ({"slippage": "spread:0.5"}, Costs(slippage=Slippage("spread", 0.5))),
        ({"slippage": "book"}, Costs(slippage=Slippage("book"))),
        (
            {"volume_cap": 0.1, "sample_s": 1.5},
            Costs(volume_cap=VolumeCap(0.1), sample_ns=1_500_000_000),
        ),
        ({"capital": 5.0}, Costs(capital=5.0)),
    ],
)
def test_costs(given: dict[str, Any], costs: Costs) -> None:
    assert backtest_words.costs(**(PLAIN | given)) == costs


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"fee": "ten"}, "--fee is a share such as"),
        ({"fee": "nan"}, "--fee is a share such as"),
        ({"fee": "1,2,3"}, "--fee is SHARE or MAKER,TAKER"),
        ({"fee": "2"}, "fees must be shares between -1 and 1"),
        ({"slippage": "tick:1"}, "--slippage is fixed:SHARE, spread:SHARE or book"),
        ({"slippage": "fixed:2"}, "slippage must be a share of 0 or more, below 1"),
        ({"latency_ms": -1.0}, "--latency-ms is 0 or more"),
        ({"latency_ms": float("nan")}, "--latency-ms is 0 or more"),
        ({"capital": 0.0}, "capital must be a number above 0, was 0.0"),
        ({"sample_s": 0.0}, "sample_ns must be whole and above 0, was 0"),
        ({"volume_cap": 0.0}, "the share of volume must be a number above 0, was 0.0"),
    ],
)
def test_costs_that_cannot_be_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(typer.BadParameter, match=message):
        backtest_words.costs(**(PLAIN | given))


def test_strategies_are_looked_for_in_the_usual_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(typer.BadParameter, match="say --strategies DIR"):
        backtest_words.strategy_folder(None)
    (tmp_path / "examples" / "strategies").mkdir(parents=True)
    assert backtest_words.strategy_folder(None) == Path("examples/strategies")
    (tmp_path / "strategies").mkdir()
    assert backtest_words.strategy_folder(None) == Path("strategies")
    with pytest.raises(typer.BadParameter, match="there is no such folder"):
        backtest_words.strategy_folder(tmp_path / "none")
