"""A moving-average crossover over stored trades: the engine, a numba loop and a Polars plan.

All three read the same Parquet files and pay the same fees, each in a process of its own. Run it as
``python -m benches.python.backtest [rows]``; the sweep is ``--sweep``.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

import tapeline as tl
from tapeline.apps.bench import Figure
from tapeline.compute.backtest import BacktestEngine, Costs, Fees, StrategyLoader, settings_of
from tapeline.compute.metrics import run_figures
from tapeline.compute.sweep import Executor, InProcess, Processes, Threads, grid, sweep
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.store import ParquetStore
from tapeline.storage.ports import Chunk
from tapeline.storage.schema import stored_schema_of
from tapeline.telemetry.clock import SystemClock

ROWS: Final = 10_000_000
SWEEP_ROWS: Final = 1_000_000
SETS: Final = 200
CHUNK: Final = 500_000
START_NS: Final = 1_767_614_400_000_000_000
FAST: Final = 50
SLOW: Final = 200
FEE: Final = 0.001
CAPITAL: Final = 100_000.0
ROUNDS: Final = 7
STRATEGIES: Final = Path(__file__).parents[2] / "examples" / "strategies"


def fill(root: Path, rows: int) -> None:
    """Store trades of one instrument whose price walks, about a thousand a second.

    Its tick is a half: sums of prices are then exact in floats, and where two averages are equal
    they are so for everybody.
    """
    source = np.random.default_rng(7)
    store = ParquetStore(LocalFolder(root), clock=SystemClock())
    store.open()
    tick = 168_000
    for begin in range(0, rows, CHUNK):
        count = min(CHUNK, rows - begin)
        ticks = tick + np.cumsum(source.integers(-3, 4, count))
        tick = int(ticks[-1])
        store.write(Chunk({"trade": _trades(begin, ticks, source)}, {}, {}))
    store.close()


def _trades(begin: int, ticks: np.ndarray[Any, Any], source: np.random.Generator) -> pa.Table:
    count = len(ticks)
    places = np.arange(begin, begin + count)
    ids = np.empty((count, 2), dtype=">u8")
    ids[:, 0] = 0x0123456789ABCDEF
    ids[:, 1] = places
    columns: dict[str, Any] = {
        "exchange": pa.repeat("binance", count),
        "market": pa.repeat("spot", count),
        "symbol": pa.repeat("BTC/USDT", count),
        "raw_symbol": pa.repeat("BTCUSDT", count),
        "event_id": pa.Array.from_buffers(
            pa.binary(16), count, [None, pa.py_buffer(ids.tobytes())]
        ),
        "native_id": pa.array(places).cast(pa.string()),
        "price": _decimals(ticks * 5, 17),
        "quantity": _decimals(source.integers(1, 200_000, count), 13),
        "side": pa.array(np.where(source.random(count) < 0.5, "buy", "sell")),
        "timestamp_ns": pa.array(START_NS + places * 1_000_000),
        "received_ns": pa.array(START_NS + places * 1_000_000 + 3_000_000),
        "quality": pa.repeat("perfect", count),
        "log_offset": pa.array(places),
        "log_index": pa.array(np.zeros(count, np.int32)),
    }
    schema = stored_schema_of("trade")
    for field in schema:
        if field.name not in columns:
            columns[field.name] = pa.array([[]] * count, field.type)
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _decimals(units: np.ndarray[Any, Any], zeros: int) -> pa.Array:
    """Return whole numbers of ``10 ** (zeros - 18)`` as stored decimals."""
    exact = pa.array(units.astype(np.int64)).cast(pa.decimal128(38 - zeros, 0))
    scaled = pa.Array.from_buffers(
        pa.decimal128(38 - zeros, 18 - zeros), len(exact), exact.buffers()
    )
    return scaled.cast(pa.decimal128(38, 18))


def ours(root: Path) -> float:
    """Run the engine; return the total return."""
    engine = BacktestEngine(partial(tl.open, root), StrategyLoader(STRATEGIES), run_figures)
    costs = Costs(capital=CAPITAL, fees=Fees(FEE, FEE))
    result = engine.run("sma_crossover", policy="allow", costs=costs)
    found = result.metrics["total_return"]
    assert found is not None
    return float(found)


def with_numba(root: Path) -> float:
    """Read the price as Arrow does, and go over it in one compiled loop."""
    prices = _prices(root)
    return float(_numba_loop()(prices, FAST, SLOW, FEE) / CAPITAL)


def with_polars(root: Path) -> float:
    """Let Polars plan the whole of it."""
    price = pl.col("price").cast(pl.Float64)
    plan = (
        pl.scan_parquet(_files(root))
        .select(price.alias("price"))
        .with_columns(
            held=(pl.col("price").rolling_mean(FAST) > pl.col("price").rolling_mean(SLOW))
            .fill_null(value=False)
            .cast(pl.Float64)
            .shift(1, fill_value=0.0)
        )
        .with_columns(bought=pl.col("held").diff().fill_null(0.0))
        .select(
            paid=(pl.col("bought") * pl.col("price")).sum(),
            fees=(pl.col("bought").abs() * pl.col("price")).sum() * FEE,
            last=(pl.col("held") * pl.col("price")).last(),
        )
    )
    paid, fees, last = plan.collect().row(0)
    return float((last - paid - fees) / CAPITAL)


def _prices(root: Path) -> np.ndarray[Any, np.dtype[np.float64]]:
    table = pq.read_table(_files(root), columns=["price"], use_threads=True)
    found: np.ndarray[Any, np.dtype[np.float64]] = table["price"].cast(pa.float64()).to_numpy()
    return found


def _files(root: Path) -> list[Path]:
    return sorted(root.rglob("*.parquet"))


@cache
def _numba_loop() -> Callable[..., float]:
    import numba

    @numba.njit(cache=False)
    def gain(prices: Any, fast: int, slow: int, fee: float) -> float:  # noqa: ANN401
        fast_sum = slow_sum = cash = held = wanted = 0.0
        for row in range(len(prices)):
            price = prices[row]
            if wanted != held:
                cash -= (wanted - held) * price + abs(wanted - held) * price * fee
                held = wanted
            fast_sum += price
            slow_sum += price
            if row >= fast:
                fast_sum -= prices[row - fast]
            if row >= slow:
                slow_sum -= prices[row - slow]
            wanted = 1.0 if row >= slow - 1 and fast_sum / fast > slow_sum / slow else 0.0
        return float(cash + held * prices[-1])

    gain(np.ones(300), 5, 20, 0.0)
    return gain


WAYS: Final[dict[str, Callable[[Path], float]]] = {
    "engine": ours,
    "numba": with_numba,
    "polars": with_polars,
}


def one(way: str, root: Path) -> dict[str, float]:
    """Measure one way in this process: the best of some rounds is counted, as caches are warm."""
    if way == "numba":
        _numba_loop()
    seconds, cpu, found = [], [], 0.0
    for _ in range(ROUNDS):
        began, began_cpu = time.perf_counter(), time.process_time()
        found = WAYS[way](root)
        seconds.append(time.perf_counter() - began)
        cpu.append(time.process_time() - began_cpu)
    return {"seconds": min(seconds), "cpu": min(cpu), "peak": _peak_bytes(), "return": found}


def _peak_bytes() -> int:
    """Return the most memory this process had; ``ru_maxrss`` counts its parent's before it, too."""
    status = Path("/proc/self/status").read_text()
    (line,) = (each for each in status.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def measured(root: Path) -> dict[str, dict[str, float]]:
    """Measure every way in a process of its own."""
    found = {}
    for way in WAYS:
        command = [sys.executable, "-m", "benches.python.backtest", "--one", way, str(root)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found[way] = json.loads(done.stdout)
    return found


def sweeps(root: Path) -> list[tuple[str, float]]:
    """Return the wall time of a sweep by who works on it; results must be equal."""
    engine = BacktestEngine(partial(tl.open, root), StrategyLoader(STRATEGIES), run_figures)
    settings = settings_of("sma_crossover", policy="allow", costs=Costs(fees=Fees(FEE, FEE)))
    fasts = [5 + 4 * step for step in range(10)]
    sets = grid({"fast": fasts, "slow": [60 + 20 * step for step in range(SETS // len(fasts))]})
    times = []
    results = []
    workers: dict[str, Executor] = {
        "1 worker": InProcess(),
        "2 threads": Threads(2),
        "2 processes": Processes(2),
    }
    for name, executor in workers.items():
        began = time.perf_counter()
        results.append(sweep(engine, settings, sets, executor=executor))
        times.append((name, time.perf_counter() - began))
    assert all(each == results[0] for each in results)
    assert all(run.error is None for run in results[0])
    return times


def backtest() -> list[Figure]:
    """Measure the crossover and the sweep, as a section of the bench."""
    with tempfile.TemporaryDirectory() as folder:
        tape, small = Path(folder) / "tape", Path(folder) / "small"
        fill(tape, ROWS)
        fill(small, SWEEP_ROWS)
        found = measured(tape)
        by_workers = sweeps(small)
    engine = found["engine"]
    best = min(found["numba"]["seconds"], found["polars"]["seconds"])
    apart = max(abs(engine["return"] - found[way]["return"]) for way in ("numba", "polars"))
    return [
        Figure("crossover", ROWS / engine["seconds"], "rows/s", goal=25e6, higher_is_better=True),
        Figure(
            "crossover, against the faster of numba and Polars",
            ROWS / engine["seconds"],
            "rows/s",
            baseline=ROWS / best,
            goal=0.9,
            higher_is_better=True,
        ),
        Figure("crossover, CPU", engine["cpu"] / ROWS * 1e9, "ns/row"),
        Figure("crossover, peak memory", engine["peak"], "bytes", goal=500e6),
        Figure("crossover, return apart from theirs", apart, "", goal=1e-9),
        *(
            Figure(f"sweep of {SETS} sets, {name}", seconds, "s", baseline=by_workers[0][1])
            for name, seconds in by_workers
        ),
    ]


def main() -> None:
    """Print what was measured; ``--one WAY FOLDER`` is for the processes this starts."""
    if "--one" in sys.argv:
        way, root = sys.argv[-2:]
        sys.stdout.write(json.dumps(one(way, Path(root))))
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else ROWS
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), rows)
        if "--sweep" in sys.argv:
            for name, seconds in sweeps(Path(folder)):
                sys.stdout.write(f"{SETS} sets, {rows:,} trades, {name}: {seconds:.1f} s\n")
            return
        for way, figures in measured(Path(folder)).items():
            sys.stdout.write(
                f"{way}: {rows / figures['seconds'] / 1e6:.1f} M rows/s, CPU {figures['cpu']:.2f} s"
                f", peak {figures['peak'] / 1e6:.0f} MB, return {figures['return']:.12f}\n"
            )


if __name__ == "__main__":
    main()
