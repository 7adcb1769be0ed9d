"""``tapeline bench``: what one frame costs on this machine, next to ``orjson.loads`` of it.

Wall time on a shared machine is noise with a floor. So every figure is the least of several
rounds, the rounds of all measurements are interleaved, and what is judged is the ratio to plain
JSON parsing in the same run: a busy neighbour slows both.
"""

import gc
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated

import orjson
import typer

from tapeline.apps.normalizer import Normalizer
from tapeline.errors import ArgumentError
from tapeline.simulator.binance.spot.generate import GeneratorSettings, TapeGenerator
from tapeline.tape import TapeFrame, TapeReader, parse_line
from tapeline.telemetry.clock import Clock, SystemClock
from tapeline.wire.native import decode

#: Frames of one call in the batched measurement.
BATCH = 1_000

#: Receive time of every frame: after any tape's, so that none is graded as from the future.
RECEIVED_NS = 4_000_000_000_000_000_000


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes
    ----------
    name
        What was measured.
    value, unit
        The measurement.
    baseline
        What it is compared with, in the same unit; None where nothing is.
    ratio
        ``value / baseline``; None without a baseline.
    goal
        The limit for ``ratio``, or for ``value`` where there is no baseline.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    goal: float | None = None
    higher_is_better: bool = False

    @property
    def ratio(self) -> float | None:
        """Return ``value / baseline``."""
        return self.value / self.baseline if self.baseline else None

    @property
    def is_met(self) -> bool | None:
        """Say whether the goal is reached; None where there is no goal."""
        if self.goal is None:
            return None
        judged = self.value if self.ratio is None else self.ratio
        return judged >= self.goal if self.higher_is_better else judged <= self.goal

    def as_dict(self) -> dict[str, object]:
        """Return the figure as plain values, ratio included."""
        facts = asdict(self)
        facts.pop("higher_is_better")
        goal = facts.pop("goal")
        return facts | {"ratio": self.ratio, "goal": goal}


def bench_command(
    tape: Annotated[
        Path | None, typer.Option(help="A tape with trade frames. Default: a generated one.")
    ] = None,
    frames: Annotated[int, typer.Option(min=BATCH, help="Frames a round.")] = 20_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; the least of them counts.")] = 9,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list.")] = False,
) -> None:
    """Measure parsing, cleaning and encoding of trade frames against ``orjson.loads``."""
    sample = trade_frames(tape, frames)
    figures = measure(sample, SystemClock(), rounds=rounds)
    if as_json:
        typer.echo(json.dumps([figure.as_dict() for figure in figures]))
    else:
        print_figures(figures, title=f"{len(sample):,} trade frames, least of {rounds} rounds")


def trade_frames(tape: Path | None, count: int) -> list[bytes]:
    """Return up to ``count`` trade frames of a tape, or of a generated one where ``tape`` is None.

    Raises
    ------
    TapeError
        The tape cannot be read.
    ArgumentError
        The tape has no trade frame.
    """
    source = _synthetic(count) if tape is None else TapeReader(tape)
    trades = (frame.raw for frame in source if b'"e":"trade"' in frame.raw)
    found = list(islice(trades, count))
    if not found:
        raise ArgumentError(f'{tape}: expected frames with "e":"trade", found none.')
    return found


def _synthetic(count: int) -> Iterator[TapeFrame]:
    settings = GeneratorSettings(symbols=("BTC/USDT",), frames=count, has_anomalies=False)
    return map(parse_line, TapeGenerator(settings).lines())


def measure(frames: Sequence[bytes], clock: Clock, *, rounds: int = 9) -> list[Figure]:
    """Measure the hot path over ``frames``.

    Parameters
    ----------
    frames
        Trade frames of Binance spot, in order.
    clock
        Its monotonic side is read twice a measurement.
    rounds
        How often each measurement is made; the least time counts.

    Returns
    -------
    list of Figure
        ``orjson.loads``; push in batches of 1,000; push of one frame a call; decode to Arrow.
    """
    encoded = _encoded(frames)
    # Made beforehand: setting up instruments and topics is not part of a frame's cost.
    fresh = [new_normalizer() for _ in range(2 * rounds)]
    work: dict[str, Callable[[], object]] = {
        "orjson": lambda: _parse_json(frames),
        "batched": lambda: _push_batches(frames, fresh.pop()),
        "single": lambda: _push_single(frames, fresh.pop()),
        "decode": lambda: decode(encoded, event_type="trade"),
    }
    least = interleaved(work, clock, rounds)
    per_frame = {name: time_ns / len(frames) for name, time_ns in least.items()}
    json_ns = per_frame["orjson"]
    return [
        Figure("orjson.loads", json_ns, "ns/frame"),
        Figure("push, batches of 1,000", per_frame["batched"], "ns/frame", json_ns, 0.35),
        Figure("push, one frame a call", per_frame["single"], "ns/frame", json_ns, 0.6),
        Figure(
            "decode to Arrow",
            1e9 / per_frame["decode"],
            "events/s",
            goal=10_000_000,
            higher_is_better=True,
        ),
    ]


def interleaved(work: dict[str, Callable[[], object]], clock: Clock, rounds: int) -> dict[str, int]:
    """Return the least time in ns of each piece of work; one round does each once."""
    least = dict.fromkeys(work, 2**63)
    collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, call in work.items():
                started = clock.monotonic_ns()
                call()
                least[name] = min(least[name], clock.monotonic_ns() - started)
    finally:
        if collecting:
            gc.enable()
    return least


def _parse_json(frames: Sequence[bytes]) -> None:
    for frame in frames:
        orjson.loads(frame)


def _push_batches(frames: Sequence[bytes], normalizer: Normalizer) -> None:
    for start in range(0, len(frames), BATCH):
        result = normalizer.push(frames[start : start + BATCH], RECEIVED_NS)
        _ = result.messages


def _push_single(frames: Sequence[bytes], normalizer: Normalizer) -> None:
    for frame in frames:
        result = normalizer.push(frame, RECEIVED_NS)
        _ = result.messages


def _encoded(frames: Sequence[bytes]) -> list[bytes]:
    messages = new_normalizer().push(frames, RECEIVED_NS).messages
    return [value for topic, _key, value in messages if topic.startswith("trade.")]


def new_normalizer() -> Normalizer:
    """Return a fresh pipeline: a used one would call the second round's frames duplicates.

    The staleness rule is off, because a tape's times are old; everything else is as in service.
    """
    return Normalizer(exchange="binance", market="spot", stale_after_ns=0)


def print_figures(figures: Sequence[Figure], *, title: str) -> None:
    """Print the figures as a table for people."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("what")
    for column in ("value", "unit", "baseline", "ratio", "goal"):
        table.add_column(column, justify="right")
    table.add_column("")
    for figure in figures:
        met = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[figure.is_met]
        cells = (figure.value, figure.unit, figure.baseline, figure.ratio, figure.goal)
        table.add_row(figure.name, *(_cell(cell) for cell in cells), met)
    Console().print(table)


def _cell(value: float | str | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if float(value).is_integer() or abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:,.2f}"
