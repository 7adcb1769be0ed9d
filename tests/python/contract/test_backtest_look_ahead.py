"""Nothing from later: in runs of many blocks, and among rows of one time."""

from functools import partial

import numpy as np
import pytest

import tapeline as tl
from tapeline.compute.backtest import BacktestEngine, StrategyLoader
from tapeline.errors import LookAheadError, StrategyError
from tests.python.markets import SECOND, START, book, session, stored, trade
from tests.python.strategies import strategies

PRICES = [100 + (place * 7 % 13) / 10 for place in range(300)]
TRADES = [trade(START + n * SECOND, f"{price:.2f}") for n, price in enumerate(PRICES)]
STATED = [session(START, "trade"), session(START, "depth")]
PEEKS = {
    "next_of_block": """
        import numpy as np

        TYPES = {"trade": ("price",)}
        LOOKBACK = 5

        def strategy(data):
            return np.append(np.sign(np.diff(data.trade["price"])), 0.0)
    """,
    "close_of_minute": """
        import numpy as np

        TYPES = {"trade": ("price", "time_ns")}
        LOOKBACK = 60

        def strategy(data):
            minute = data.trade["time_ns"] // 60_000_000_000
            last = np.append(np.flatnonzero(np.diff(minute)), data.rows - 1)
            close = data.trade["price"][last[np.searchsorted(last, np.arange(data.rows))]]
            return (close > data.trade["price"]).astype(float)
    """,
    "late": """
        import numpy as np

        TYPES = {"trade": ("price", "time_ns")}
        LOOKBACK = 5

        def strategy(data):
            later = np.append(np.sign(np.diff(data.trade["price"])), 0.0)
            return np.where(data.trade["time_ns"] > 1_767_614_400_000_000_000 + 200e9, later, 0.0)
    """,
}
CLASSES = {
    "late_class": """
        import numpy as np

        TYPES = {"trade": ("price", "time_ns")}

        class strategy:
            def on_chunk(self, data):
                later = np.append(np.sign(np.diff(data.trade["price"])), 0.0)
                begun = data.trade["time_ns"] > 1_767_614_400_000_000_000 + 200e9
                return np.where(begun, later, 0.0)
    """,
    "fills_backwards": """
        import numpy as np

        TYPES = {"trade": ("price", "time_ns")}

        class strategy:
            def __init__(self):
                self.blocks = 0

            def on_chunk(self, data):
                self.blocks += 1
                price = data.trade["price"]
                if self.blocks < 3:
                    return np.zeros(data.rows)
                return (price > price.mean()).astype(float)
    """,
    "uncopied": """
        import threading
        import numpy as np

        TYPES = {"trade": ("price",)}

        class strategy:
            def __init__(self):
                self.lock = threading.Lock()
                self.last = 0.0

            def on_chunk(self, data):
                price = data.trade["price"]
                changes = np.diff(price, prepend=self.last)
                self.last = price[-1]
                return np.sign(changes)
    """,
    "remembers": """
        import numpy as np

        TYPES = {"trade": ("price",)}

        class strategy:
            def __init__(self):
                self.chooser = np.random.default_rng(3)
                self.seen = []
                self.last = 0.0

            def on_chunk(self, data):
                price = data.trade["price"]
                self.seen.append(data)
                changes = np.diff(price, prepend=self.last)
                self.last = price[-1]
                return np.sign(changes) * self.chooser.random(data.rows)
    """,
}
TIES = {
    "newest_book": """
        import numpy as np

        TYPES = {"trade": ("price",), "orderbook": ("bid_price",)}
        LOOKBACK = 0

        def strategy(data):
            return np.nan_to_num(data.latest("orderbook", "bid_price")[:, 0])
    """,
    "newest_trade": """
        import numpy as np

        TYPES = {"orderbook": ("bid_price",), "trade": ("price",)}
        LOOKBACK = 0

        def strategy(data):
            return np.nan_to_num(data.latest("trade", "price"))
    """,
    "book_of_the_same_time": """
        import numpy as np

        TYPES = {"trade": ("price",), "orderbook": ("bid_price",)}

        def strategy(data):
            book = data.orderbook
            places = np.searchsorted(book.time_ns, data.clock.time_ns, side="right") - 1
            return np.where(places < 0, 0.0, book["bid_price"][places, 0])
    """,
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> BacktestEngine:
    folder = tmp_path_factory.mktemp("ahead")
    books = [
        book(START + n * SECOND, [(f"{90 + n % 7}", "1")], [("200", "1")]) for n in range(0, 300, 2)
    ]
    target = stored(folder / "tape", {"trade": TRADES, "orderbook": books, "coverage": STATED})
    loader = StrategyLoader(strategies(folder / "strategies", **PEEKS, **CLASSES, **TIES))
    return BacktestEngine(partial(tl.open, target), loader)


@pytest.mark.parametrize("name", [*PEEKS, "next_class"])
def test_a14_it_is_found_in_runs_of_many_blocks(engine: BacktestEngine, name: str) -> None:
    with pytest.raises(LookAheadError, match=f"'{name}' looks ahead"):
        engine.run(name, block_rows=120)


@pytest.mark.parametrize("check", [None, True])
@pytest.mark.parametrize("name", ["late_class", "fills_backwards"])
def test_a14_it_is_found_in_a_later_block_of_a_class(
    engine: BacktestEngine, name: str, check: bool | None
) -> None:
    with pytest.raises(LookAheadError, match=f"'{name}' looks ahead"):
        engine.run(name, block_rows=50, check_causality=check)


@pytest.mark.parametrize("check", [None, True, False])
def test_a_class_is_asked_again_as_what_it_was_before_the_block(
    engine: BacktestEngine, check: bool | None
) -> None:
    result = engine.run("remembers", block_rows=40, check_causality=check)
    assert result == engine.run("remembers", block_rows=40, check_causality=False)
    assert result.fills.num_rows


def test_a_class_that_cannot_be_copied_is_checked_in_its_first_block(
    engine: BacktestEngine,
) -> None:
    assert engine.run("uncopied", block_rows=40).fills.num_rows
    with pytest.raises(StrategyError, match=r"'uncopied' cannot be copied \(TypeError\(.*lock"):
        engine.run("uncopied", block_rows=40, check_causality=True)


@pytest.mark.parametrize("name", ["crossover", "counts", "holds"])
def test_one_that_does_not_is_not(engine: BacktestEngine, name: str) -> None:
    assert engine.run(name, block_rows=120) == engine.run(name)


def test_a_trade_does_not_know_the_book_of_its_own_time(engine: BacktestEngine) -> None:
    """The trade may be what changed it."""
    result = engine.run("newest_book")
    wanted = np.cumsum(
        np.where(
            np.array(result.fills["side"].to_pylist()) == "buy",
            result.fills["quantity"],
            -result.fills["quantity"].to_numpy(),
        )
    )
    signals = (result.fills["signal_time_ns"].to_numpy() - START) // SECOND
    books = 90 + ((signals - 1) // 2 * 2) % 7
    np.testing.assert_allclose(wanted, books)
    for rows in (1, 7, 100):
        assert engine.run("newest_book", block_rows=rows) == result
        assert engine.run("newest_trade", block_rows=rows) == engine.run("newest_trade")


def test_a14_a_book_of_the_same_time_is_from_later(engine: BacktestEngine) -> None:
    with pytest.raises(LookAheadError, match="'book_of_the_same_time' looks ahead"):
        engine.run("book_of_the_same_time")
