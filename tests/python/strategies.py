"""Strategies for tests, as files in a folder."""

from pathlib import Path
from textwrap import dedent
from typing import Final

SOURCES: Final = {
    "crossover": """
        import numpy as np
        import polars as pl

        TYPES = {"trade": ("price",)}

        def LOOKBACK(*, slow=20, **_others):
            return slow

        def strategy(data, *, fast=5, slow=20, size=1.0):
            price = pl.Series(data.trade["price"])
            means = [price.rolling_mean(each).fill_null(0.0).to_numpy() for each in (fast, slow)]
            return np.where(means[0] > means[1], size, 0.0)
    """,
    "imbalance": """
        import numpy as np

        TYPES = ("orderbook", "trade")

        class strategy:
            def __init__(self, *, size=0.5):
                self.size = size
                self.position = 0.0

            def on_chunk(self, data):
                bids = np.nansum(data.orderbook["bid_quantity"], axis=1)
                asks = np.nansum(data.orderbook["ask_quantity"], axis=1)
                targets = np.empty(data.rows)
                for row in range(data.rows):
                    if bids[row] > 1.5 * asks[row]:
                        self.position = self.size
                    elif asks[row] > 1.5 * bids[row]:
                        self.position = -self.size
                    targets[row] = self.position
                return targets
    """,
    "carry": """
        import numpy as np

        TYPES = ("funding", "trade")
        LOOKBACK = 0

        def strategy(data, *, threshold=0.00005, size=0.25):
            rate = np.nan_to_num(data.funding["rate"])
            return np.select([rate > threshold, rate < -threshold], [-size, size], default=0.0)
    """,
    "with_funding": """
        import numpy as np

        TYPES = {"trade": ("price",), "funding": ("rate",), "orderbook": ("bid_price",)}
        LOOKBACK = 3

        def strategy(data):
            rate = np.nan_to_num(data.latest("funding", "rate"))
            bid = np.nan_to_num(data.latest("orderbook", "bid_price")[:, 0])
            return np.sign(rate) + (bid > 100)
    """,
    "next_price": """
        import numpy as np

        TYPES = ("trade",)

        def strategy(data):
            price = data.trade["price"]
            return np.append(np.sign(np.diff(price)), 0.0)
    """,
    "whole_mean": """
        import numpy as np

        TYPES = ("trade",)

        def strategy(data):
            price = data.trade["price"]
            return np.where(price < price.mean(), 1.0, 0.0)
    """,
    "next_class": """
        import numpy as np

        TYPES = ("trade",)

        class strategy:
            def on_chunk(self, data):
                return (data.trade["price"] < np.roll(data.trade["price"], -1)).astype(float)
    """,
    "later_funding": """
        import numpy as np

        TYPES = ("trade", "funding")

        def strategy(data):
            places = np.searchsorted(data.funding.time_ns, data.clock.time_ns, side="right")
            rates = np.append(data.funding["rate"], 0.0)
            return np.sign(rates[places])
    """,
    "raises": """
        TYPES = ("trade",)

        def strategy(data):
            return data.trade["price"] / nothing
    """,
    "raises_in_class": """
        TYPES = ("trade",)

        class strategy:
            def __init__(self, *, size=1):
                raise RuntimeError("no size is right")

            def on_chunk(self, data):
                return data.trade["price"] * 0
    """,
    "exits": """
        import sys

        TYPES = ("trade",)

        def strategy(data):
            sys.exit(3)
    """,
    "gives": """
        import numpy as np
        import polars as pl

        TYPES = ("trade",)

        def strategy(data, *, what):
            rows = data.rows
            right = np.zeros(rows)
            wrong = right.copy()
            wrong[7] = np.inf if what == "infinity" else np.nan
            return {
                "nan": wrong,
                "infinity": wrong,
                "short": right[1:],
                "table": np.zeros((rows, 2)),
                "texts": np.array(["1"] * rows),
                "truth": right == 0,
                "nothing": None,
                "list": [0.0] * rows,
                "masked": np.ma.masked_array(right, mask=np.arange(rows) == 7),
                "masked_wholes": np.ma.masked_array(right.astype(int), mask=np.arange(rows) == 7),
                "pandas": pl.Series(right).to_pandas(),
                "objects": right.astype(object),
                "huge": right + 1e308,
                "wholes": np.ones(rows, np.int64),
                "series": pl.Series(right + 1),
            }[what]
    """,
    "never_ends": """
        TYPES = ("trade",)

        def strategy(data):
            while True:
                pass
    """,
    "dies": """
        import os

        TYPES = ("trade",)

        def strategy(data):
            os._exit(9)
    """,
    "writes": """
        TYPES = ("trade",)

        def strategy(data):
            data.trade["price"][0] = 1.0
            return data.trade["price"]
    """,
    "holds": """
        import numpy as np

        TYPES = ("trade",)
        LOOKBACK = 0

        def strategy(data, *, size=1.0):
            return np.full(data.rows, size)
    """,
    "counts": """
        import numpy as np

        TYPES = ("trade",)

        class strategy:
            def __init__(self):
                self.rows = 0

            def on_chunk(self, data):
                places = self.rows + np.arange(data.rows)
                self.rows += data.rows
                return (places // 10 % 3 - 1).astype(np.float64)
    """,
}


def strategies(folder: Path, **more: str) -> Path:
    """Write all strategies into a folder, and more of them."""
    folder.mkdir(exist_ok=True)
    for name, source in {**SOURCES, **more}.items():
        (folder / f"{name}.py").write_text(dedent(source), encoding="utf-8")
    return folder
