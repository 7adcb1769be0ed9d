"""What becomes of a run whose strategy fails, looks ahead or never ends, or without data."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tapeline as tl
from tapeline.compute.backtest import BacktestEngine, Costs, QualityPolicy, StrategyLoader
from tapeline.compute.metrics import run_figures
from tapeline.errors import (
    ArgumentError,
    BacktestError,
    DataQualityError,
    LookAheadError,
    StrategyError,
    StrategyTimeoutError,
)
from tests.python.markets import (
    PERPETUAL,
    SECOND,
    START,
    funding,
    gap,
    session,
    stored,
    trade,
)
from tests.python.strategies import strategies

PRICES = [100 + (place * 7 % 13) / 10 for place in range(300)]
TRADES = [trade(START + n * SECOND, f"{price:.2f}") for n, price in enumerate(PRICES)]
RATES = [
    funding(START + n * 10 * SECOND, f"{(n * 5 % 7 - 3) / 10_000:.4f}", START + 10**13, "100")
    for n in range(30)
]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> str:
    rows = {"trade": TRADES, "funding": RATES, "coverage": [session(START, "trade")]}
    return stored(tmp_path_factory.mktemp("market") / "tape", rows)


@pytest.fixture(scope="module")
def loader(tmp_path_factory: pytest.TempPathFactory) -> StrategyLoader:
    return StrategyLoader(strategies(tmp_path_factory.mktemp("strategies")))


@pytest.fixture
def engine(target: str, loader: StrategyLoader) -> BacktestEngine:
    return BacktestEngine(partial(tl.open, target), loader, run_figures)


@pytest.mark.parametrize("name", ["next_price", "whole_mean", "next_class", "later_funding"])
def test_a14_a_strategy_that_looks_ahead_is_found(engine: BacktestEngine, name: str) -> None:
    with pytest.raises(LookAheadError, match=f"'{name}' looks ahead: for 2026-01-05T12:0"):
        engine.run(name)


@pytest.mark.parametrize("name", ["crossover", "carry", "counts", "holds"])
def test_one_that_does_not_is_not(engine: BacktestEngine, name: str) -> None:
    engine.run(name, check_causality=True)


def test_the_check_can_be_left_out(engine: BacktestEngine) -> None:
    assert engine.run("next_price", check_causality=False).metrics["fills"]


def test_a14_a_strategy_that_raises_says_where(engine: BacktestEngine) -> None:
    with pytest.raises(StrategyError, match="raised NameError: name 'nothing'") as caught:
        engine.run("raises")
    assert 'raises.py", line 5, in strategy' in str(caught.value)
    with pytest.raises(StrategyError, match="no size is right"):
        engine.run("raises_in_class")
    with pytest.raises(StrategyError, match="raised SystemExit: 3"):
        engine.run("exits")
    with pytest.raises(StrategyError, match="read-only"):
        engine.run("writes")
    assert engine.run("holds").metrics["fills"] == 1


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("nan", "gave targets that are no numbers: nan at 2026-01-05T12:00:07Z, 1 in all"),
        ("infinity", "gave targets that are no numbers: inf at 2026-01-05T12:00:07Z"),
        ("short", r"gave targets of float64, shape \(299,\); expected float64, 300 rows"),
        ("table", r"gave targets of float64, shape \(300, 2\)"),
        ("texts", "gave targets of <U1"),
        ("truth", "gave targets of bool"),
        ("nothing", "gave NoneType; expected an array"),
        ("list", "gave list; expected an array"),
        ("masked", "gave targets that are no numbers: nan at 2026-01-05T12:00:07Z, 1 in all"),
        ("masked_wholes", "gave targets that are no numbers: nan at 2026-01-05T12:00:07Z, 1 in"),
        (
            "pandas",
            r"gave pandas\.Series; expected an array of float64 .*: give its \.to_numpy\(\)",
        ),
        ("objects", r"gave targets of object, shape \(300,\)"),
        ("huge", "the account is worth more than numbers can say"),
    ],
)
def test_a14_what_is_no_answer_is_refused(engine: BacktestEngine, what: str, message: str) -> None:
    with pytest.raises(StrategyError, match=message):
        engine.run("gives", parameters={"what": what})


@pytest.mark.parametrize("what", ["wholes", "series"])
def test_what_is_one_is_taken(engine: BacktestEngine, what: str) -> None:
    assert engine.run("gives", parameters={"what": what}).fills["quantity"].to_pylist() == [1.0]


def test_a14_a_strategy_that_never_ends_is_stopped(engine: BacktestEngine) -> None:
    with pytest.raises(StrategyTimeoutError, match=r"did not end in 0\.2 s"):
        engine.run("never_ends", timeout_s=0.2)


@pytest.mark.slow  # Each run starts a process, which takes seconds.
def test_a_run_in_its_own_process_is_a_run(engine: BacktestEngine) -> None:
    with pytest.raises(BacktestError, match="died with exit code 9"):
        engine.run("dies", timeout_s=60)
    with pytest.raises(StrategyError, match="raised NameError"):
        engine.run("raises", timeout_s=60)
    told: list[object] = []
    apart = engine.run("counts", timeout_s=120, progress=told.append)
    assert apart == engine.run("counts")
    assert told


def test_a_time_limit_needs_data_that_can_be_opened_again(
    target: str, loader: StrategyLoader
) -> None:
    with tl.open(target) as data, pytest.raises(ArgumentError, match=r"functools\.partial"):
        BacktestEngine(data, loader).run("holds", timeout_s=1)


@pytest.mark.parametrize("name", ["crossover", "counts", "next_class"])
def test_a15_an_empty_range_gives_an_empty_result(engine: BacktestEngine, name: str) -> None:
    result = engine.run(name, START - 100 * SECOND, START - 50 * SECOND)
    assert (result.rows, result.equity.num_rows, result.fills.num_rows) == (0, 0, 0)
    assert result.symbols == ("BTC/USDT",)
    assert result.metrics["fills"] == 0
    assert result.metrics["sharpe"] is None
    holes = result.coverage["holes"]
    assert {hole["kind"] for hole in holes} == {"before"}


def test_a_store_without_rows_gives_an_empty_result(tmp_path: Path, loader: StrategyLoader) -> None:
    target = stored(tmp_path / "empty", {})
    result = BacktestEngine(partial(tl.open, target), loader, run_figures).run("holds")
    assert (result.symbols, result.rows, result.metrics["trades"]) == ((), 0, 0)


def test_a15_a_range_full_of_gaps(tmp_path: Path, loader: StrategyLoader) -> None:
    """Every row lies in a gap: refused, or nothing is traded and the result says why."""
    holes = [
        gap("trade", START + (n * 10 - 1) * SECOND, START + (n * 10 + 11) * SECOND, n * 10, n * 10)
        for n in range(31)
    ]
    rows = {"trade": TRADES, "coverage": [session(START - 2 * SECOND, "trade"), *holes]}
    engine = BacktestEngine(partial(tl.open, stored(tmp_path / "tape", rows)), loader, run_figures)
    with pytest.raises(DataQualityError, match="BTC/USDT: the policy refuses trade gap") as caught:
        engine.run("holds")
    assert "and 26 more" in str(caught.value)
    result = engine.run("holds", policy="mask")
    assert (result.rows, result.equity.num_rows) == (300, 0)
    assert result.metrics["pnl"] is None or result.metrics["pnl"] == 0
    # They overlap, so that together they are one, in which each row counts once.
    (row,) = result.excluded.to_pylist()
    assert (row["start_ns"], row["end_ns"]) == (START - SECOND, START + 311 * SECOND)
    assert row["events"] == 300
    assert (row["type"], row["reason"]) == ("trade", "gap")
    assert engine.run("holds", policy="allow").metrics["fills"] == 1


def test_what_was_gone_from_the_bus_is_a_gap(tmp_path: Path, loader: StrategyLoader) -> None:
    gone = gap("bus.trade", START, START + 101 * SECOND, 10, 20) | {
        "received_ns": START + 101 * SECOND,
        "reason": "deleted before it was stored",
    }
    rows = {"trade": TRADES, "coverage": [session(START, "trade"), gone]}
    engine = BacktestEngine(partial(tl.open, stored(tmp_path / "tape", rows)), loader, run_figures)
    with pytest.raises(DataQualityError, match="refuses trade bus: deleted before it was stored"):
        engine.run("holds")
    assert engine.run("holds", policy="mask").excluded["events"].to_pylist() == [0]
    assert engine.run("holds", policy="allow").excluded.num_rows == 0


def test_the_coverage_is_that_of_the_instruments_alone(
    tmp_path: Path, loader: StrategyLoader
) -> None:
    """Two markets of a venue may spell two instruments alike."""
    spot = {"trade": TRADES, "coverage": [session(START, "trade")]}
    hole = gap("trade", START + 5 * SECOND, START + 6 * SECOND, 5, 6)
    perpetual = {"trade": TRADES, "coverage": [session(START, "trade"), hole]}
    targets = [
        stored(tmp_path / "spot", spot),
        stored(tmp_path / "usdm", perpetual, PERPETUAL),
    ]
    engine = BacktestEngine(partial(tl.open, targets), loader, run_figures)
    alone = engine.run("holds", symbols="BTC/USDT").coverage
    assert {stream["market"] for stream in alone["streams"]} == {"spot"}
    assert alone["holes"] == []
    both = engine.run("holds", policy="allow").coverage
    assert both["summary"].startswith("binance spot: trade of 1 stream: ")
    assert "; binance usdm: trade of 1 stream: 1 gap (2 ids missing)" in both["summary"]
    assert both["is_complete"] is False
    assert len(both["streams"]) == 2
    assert len(both["holes"]) == 1


def test_suspicious_events(tmp_path: Path, loader: StrategyLoader) -> None:
    """A price that cannot be: left out, refused, or taken as it is."""
    odd = trade(START + 300 * SECOND, "1000000", quality="suspicious", issues=[])
    later = trade(START + 301 * SECOND, "100")
    rows = {"trade": [*TRADES, odd, later], "coverage": [session(START, "trade")]}
    engine = BacktestEngine(partial(tl.open, stored(tmp_path / "tape", rows)), loader)
    masked = engine.run("counts")
    assert max(masked.equity["price"].to_pylist()) < 200
    assert masked.excluded.to_pylist() == [
        {
            "symbol": "BTC/USDT",
            "type": "trade",
            "start_ns": START + 300 * SECOND,
            "end_ns": START + 300 * SECOND,
            "reason": "suspicious",
            "events": 1,
        }
    ]
    with pytest.raises(DataQualityError, match="refuses suspicious events, and there is a trade"):
        engine.run("counts", policy=QualityPolicy(suspicious="refuse"))
    allowed = engine.run("counts", policy="allow")
    assert allowed.excluded.num_rows == 0
    assert allowed.rows == 302


def test_rows_that_do_not_fit_into_memory(engine: BacktestEngine) -> None:
    with pytest.raises(BacktestError, match=r"more than 1,000 bytes: give it a LOOKBACK"):
        engine.run("next_price", memory_cap_bytes=1_000)
    small = engine.run("crossover", memory_cap_bytes=1_000)
    assert small == engine.run("crossover")


def test_settings_that_cannot_be(engine: BacktestEngine) -> None:
    with pytest.raises(ArgumentError, match="is one of refuse, mask, allow; was 'drop'"):
        engine.run("holds", policy="drop")  # type: ignore[arg-type]
    settings: list[tuple[str, Any, str]] = [
        ("costs", {"capital": 1}, r"costs must be Costs\(\.\.\.\), was \{'capital': 1\}"),
        ("symbols", 5, "expected a name or a list of names, was 5"),
        ("types", 7, "expected a name or a list of names, was 7"),
        ("block_rows", 1.5, "block_rows must be whole and 1 or more, was 1.5"),
        ("memory_cap_bytes", -1, "memory_cap_bytes must be whole and 1 or more, was -1"),
    ]
    for name, value, said in settings:
        with pytest.raises(ArgumentError, match=said):
            engine.run("holds", **{name: value})
    costs: list[tuple[str, Any, str]] = [
        ("fees", (0.1, 0.1), r"fees must be Fees\(maker, taker\), was \(0\.1, 0\.1\)"),
        ("slippage", 0.001, r"slippage must be Slippage\(kind, share\), was 0\.001"),
        ("volume_cap", 0.1, r"volume_cap must be VolumeCap\(share\), was 0\.1"),
        ("sample_ns", True, "sample_ns must be whole and above 0, was True"),
    ]
    for name, value, said in costs:
        with pytest.raises(ArgumentError, match=said):
            Costs(**{name: value})
    with pytest.raises(StrategyError, match="has no parameter 'sise': did you mean 'size'"):
        engine.run("holds", parameters={"sise": 1})
    with pytest.raises(StrategyError, match="needs the parameter 'what'"):
        engine.run("gives")
    with pytest.raises(ArgumentError, match="parameter 'size' must be numbers"):
        engine.run("holds", parameters={"size": float("nan")})
    with pytest.raises(ArgumentError, match="BTC/USDX"):
        engine.run("holds", symbols="BTC/USDX")
    with pytest.raises(ArgumentError, match="raise sample_ns"):
        engine.run("holds", costs=Costs(sample_ns=1))


def test_numbers_of_numpy_are_numbers(engine: BacktestEngine) -> None:
    """As ``np.arange`` gives them: the same run as with those of Python."""
    plain = engine.run("holds", START, parameters={"size": 2}, costs=Costs(latency_ns=5))
    size, latency = np.int64(2), np.int64(5)
    result = engine.run(
        "holds",
        np.int64(START),
        parameters={"size": size},
        costs=Costs(latency_ns=latency),  # type: ignore[arg-type]
    )
    assert result == plain
    assert result.run_id == plain.run_id


def test_an_instrument_without_the_rows_of_a_run_is_refused_by_name(
    tmp_path: Path, loader: StrategyLoader
) -> None:
    stored(tmp_path / "tape", {"trade": TRADES, "coverage": [session(START, "trade")]})
    target = stored(tmp_path / "other", {"funding": RATES}, PERPETUAL)
    both = [f"parquet:{tmp_path / 'tape'}", target]
    engine = BacktestEngine(partial(tl.open, both), loader, run_figures)
    message = "'BTC/USDT:USDT' of binance usdm has no trade rows in this data: the strategy answers"
    with pytest.raises(ArgumentError, match=message):
        engine.run("holds", symbols="BTC/USDT:USDT")
    with pytest.raises(ArgumentError, match="has no trade rows in this data: orders fill on them"):
        engine.run("carry", symbols="BTC/USDT:USDT")
    # All instruments are those that it can run on.
    assert engine.run("holds").symbols == ("BTC/USDT",)


def test_two_instruments_of_one_symbol_are_not_one_account(
    tmp_path: Path, loader: StrategyLoader
) -> None:
    other = PERPETUAL | {"exchange": "okx", "market": "swap", "raw_symbol": "BTC-USDT-SWAP"}
    both = [
        stored(tmp_path / names["exchange"], {"trade": TRADES}, names)
        for names in (PERPETUAL, other)
    ]
    engine = BacktestEngine(partial(tl.open, both), loader, run_figures)
    message = (
        "'BTCUSDT' of binance usdm and 'BTC-USDT-SWAP' of okx swap are both BTC/USDT:USDT,"
        " and a run tells accounts apart by that"
    )
    with pytest.raises(ArgumentError, match=message):
        engine.run("holds", symbols=["BTCUSDT", "BTC-USDT-SWAP"], policy="allow")
    alone = engine.run("holds", symbols=["BTCUSDT", "BTCUSDT"], policy="allow")
    assert alone.symbols == ("BTC/USDT:USDT",)


def test_an_engine_of_what_is_no_data_is_refused(
    engine: BacktestEngine, target: str, loader: StrategyLoader
) -> None:
    with pytest.raises(ArgumentError, match=r"a function that opens it, .* was 'parquet:"):
        BacktestEngine(target, loader)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="a StrategyLoader of a folder, was 'strategies'"):
        BacktestEngine(partial(tl.open, target), "strategies")  # type: ignore[arg-type]
    for timeout_s in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ArgumentError, match="timeout_s must be a number above 0, was"):
            engine.run("holds", timeout_s=timeout_s)


def test_limits_need_the_quantities_that_fill_them(target: str, tmp_path: Path) -> None:
    """Whether a strategy looks at quantities must not decide how much it is filled."""
    answer = """
        import numpy as np
        from tapeline.compute.backtest import Orders

        LOOKBACK = 0

        def strategy(data):
            return Orders(np.full(data.rows, 5.0), np.full(data.rows, 100.5))
    """
    folder = strategies(
        tmp_path / "limits",
        all_columns=f"""
        TYPES = ("trade",)
        {answer}""",
        prices=f"""
        TYPES = {{"trade": ("price",)}}
        {answer}""",
    )
    engine = BacktestEngine(partial(tl.open, target), StrategyLoader(folder))
    assert engine.run("all_columns").fills.num_rows
    with pytest.raises(StrategyError, match="name the column 'quantity' of trade"):
        engine.run("prices")


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("TYPES = (['trade'],)", r"reads \['trade'\]; there are trade"),
        ("TYPES = {'trade': 'price'}", "must name columns of trade as a tuple"),
        ("TYPES = ('trade',)\nLOOKBACK = '3'", "needs a LOOKBACK of 0 or more rows, was '3'"),
    ],
)
def test_what_a_strategy_says_of_itself(
    target: str, tmp_path: Path, head: str, message: str
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    entry = "\ndef strategy(data, *others):\n    return data.trade['price'] * 0\n"
    (folder / "odd.py").write_text(head + entry)
    with pytest.raises(StrategyError, match=message):
        BacktestEngine(partial(tl.open, target), StrategyLoader(folder)).run("odd")
    right = "import numpy\nTYPES = ('trade',)\nLOOKBACK = numpy.int64(3)"
    (folder / "odd.py").write_text(right + entry)
    BacktestEngine(partial(tl.open, target), StrategyLoader(folder)).run("odd")
