"""The equity curve of a run with as many points as can be looked at."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tapeline.compute.metrics import drawdown_series
from tapeline.compute.report.downsampling import extremes


def equity_points(equity: pa.Table, points: int) -> pa.Table:
    """Return rows of an account over time with its drawdown.

    Parameters
    ----------
    equity
        Columns of ``EQUITY_SCHEMA``, ordered by symbol and time.
    points
        Of each symbol, about: first, lowest, highest and last of each piece of time are kept.

    Returns
    -------
    pyarrow.Table
        Also ``drawdown``, a fraction of 0 or below, of all rows and not only those kept.
    """
    found = []
    for symbol in pc.unique(equity["symbol"]).to_pylist():
        rows = equity.filter(pc.equal(equity["symbol"], symbol))
        values = rows["equity"].to_numpy()
        kept = extremes(rows["time_ns"].to_numpy(), values, max(points // 4, 1))
        below = drawdown_series(values)[kept]
        found.append(rows.take(pa.array(kept)).append_column("drawdown", pa.array(below)))
    if not found:
        return equity.append_column("drawdown", pa.array(np.empty(0)))
    return pa.concat_tables(found)
