"""What each channel of each venue costs, next to ``orjson.loads`` of the same frames.

A book is kept: its snapshot is pushed before the measurement. Recorded frames are used where a
recording has enough of them, else those of the project's generator; the figure's name says which.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

import orjson

from benches.python.frames import captures
from tapeline.apps.bench import BATCH, RECEIVED_NS, Figure, interleaved
from tapeline.apps.normalizer import Normalizer
from tapeline.simulator.registry import speller
from tapeline.simulator.synthetic.tape import MarketSettings, MarketTape
from tapeline.tape import TapeFrame, TapeReader, parse_line
from tapeline.telemetry.clock import Clock

#: Frames measured, and the fewest that a recording must have to be used.
FRAMES = 6_000
FEWEST = 400

#: Goals as ratios to ``orjson.loads``: of a mix of depth updates, and of everything else.
DEPTH_GOAL = 1.2
GOAL = 0.8


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of one market.

    Attributes
    ----------
    exchange, market, name
        What it is called.
    kind
        The type as the generator calls it.
    mark
        Bytes that every frame of the channel has and no other.
    tapes
        Recordings of one session in order, as a pattern of file names; empty where none is long
        enough.
    """

    exchange: str
    market: str
    name: str
    kind: str
    mark: bytes
    tapes: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """Frames of a channel: what puts the pipeline into its steady state, then the measured."""

    channel: Channel
    is_recorded: bool
    before: list[TapeFrame]
    frames: list[bytes]

    def pipeline(self) -> Normalizer:
        """Return a fresh pipeline that has seen what comes before."""
        of = (self.channel.exchange, self.channel.market)
        # The staleness rule is off, because a tape's times are old.
        normalizer = Normalizer(exchange=of[0], market=of[1], stale_after_ns=0)
        for line in self.before:
            if line.kind == "http":
                normalizer.push_reply(line.url, line.raw, RECEIVED_NS)
            else:
                normalizer.push([line.raw], RECEIVED_NS)
        return normalizer


CHANNELS = (
    Channel("binance", "spot", "trade", "trade", b'"e":"trade"', "binance_spot_btcusdt_2024*"),
    Channel("binance", "spot", "aggTrade", "aggtrade", b'"e":"aggTrade"'),
    Channel("binance", "spot", "bookTicker", "l1", b"@bookTicker", "binance_spot_btcusdt_2024*"),
    Channel("binance", "spot", "depth", "l2", b'"depthUpdate"', "binance_spot_btcusdt_2024*"),
    Channel("binance", "usdm", "aggTrade", "trade", b'"e":"aggTrade"'),
    Channel("binance", "usdm", "bookTicker", "l1", b"@bookTicker", "binance_usdm_btcusdt_2024*"),
    Channel("binance", "usdm", "depth", "l2", b'"depthUpdate"', "binance_usdm_btcusdt_2024*"),
    Channel("binance", "usdm", "markPrice", "funding", b'"markPriceUpdate"'),
    Channel("binance", "usdm", "forceOrder", "liquidation", b'"forceOrder"'),
    Channel("binance", "coinm", "trade", "trade", b'"e":"trade"', "binance_coinm_*_2024*"),
    Channel("binance", "coinm", "bookTicker", "l1", b"@bookTicker", "binance_coinm_*_2024*"),
    Channel("binance", "coinm", "depth", "l2", b'"depthUpdate"', "binance_coinm_*_2024*"),
    Channel("okx", "swap", "trades", "trade", b'"trades"'),
    Channel("okx", "swap", "books", "l2", b'"books"'),
    Channel("okx", "swap", "bbo-tbt", "l1", b'"bbo-tbt"'),
    Channel("okx", "swap", "funding-rate", "funding", b'"funding-rate"'),
    Channel("okx", "swap", "liquidation-orders", "liquidation", b'"liquidation-orders"'),
    Channel("bybit", "linear", "publicTrade", "trade", b'"publicTrade.'),
    Channel("bybit", "linear", "orderbook.50", "l2", b'"orderbook.50.'),
    Channel("bybit", "linear", "orderbook.1", "l1", b'"orderbook.1.'),
    Channel("bybit", "linear", "tickers", "funding", b'"tickers.', "bybit_linear_tickers_*"),
    Channel("bybit", "linear", "allLiquidation", "liquidation", b'"allLiquidation.'),
)


def measure_channels(clock: Clock, *, rounds: int = 9) -> list[Figure]:
    """Measure every channel in batches of 1,000 with its own ``orjson.loads`` beside it."""
    return [_measured(sample(channel), clock, rounds) for channel in CHANNELS]


def sample(channel: Channel) -> Sample:
    """Return frames of a channel, recorded ones where there are enough."""
    if channel.tapes:
        recorded = _cut(channel, _recorded(channel), is_recorded=True)
        if len(recorded.frames) >= FEWEST:
            return recorded
    return _cut(channel, _generated(channel), is_recorded=False)


def _cut(channel: Channel, lines: Iterator[TapeFrame], *, is_recorded: bool) -> Sample:
    """Put the frames up to the snapshot before the measurement; the first one of every channel."""
    chosen = (line for line in lines if line.kind == "http" or channel.mark in line.raw)
    before = list(islice(chosen, 1))
    found = list(islice(chosen, FRAMES))
    at = next((at for at, line in enumerate(found) if line.kind == "http"), -1)
    before += found[: at + 1]
    return Sample(channel, is_recorded, before, [line.raw for line in found[at + 1 :]])


def _recorded(channel: Channel) -> Iterator[TapeFrame]:
    tapes = sorted(captures().glob(channel.tapes))
    lines = chain.from_iterable(TapeReader(tape) for tape in tapes)
    if channel.kind == "l2":
        return lines
    return (line for line in lines if line.kind == "ws")


def _generated(channel: Channel) -> Iterator[TapeFrame]:
    spelled = speller(channel.exchange, channel.market)
    symbol = spelled.default_symbols.partition(",")[0]
    settings = MarketSettings(
        symbols=(symbol,), types=(channel.kind,), frames=FRAMES + 2, has_anomalies=False
    )
    lines = map(parse_line, MarketTape(settings, spelled).lines())
    # A state that did not change within a millisecond is the same event, and would be a duplicate.
    return iter({line.raw: line for line in lines}.values())


def _measured(sample: Sample, clock: Clock, rounds: int) -> Figure:
    frames = sample.frames
    batches = [frames[at : at + BATCH] for at in range(0, len(frames), BATCH)]
    _check(sample, batches)
    fresh = [sample.pipeline() for _ in range(rounds)]
    work: dict[str, Callable[[], object]] = {
        "orjson": lambda: _parse(frames),
        "push": lambda: push_all(batches, fresh.pop()),
    }
    least = interleaved(work, clock, rounds)
    per_frame = {name: time_ns / len(frames) for name, time_ns in least.items()}
    channel = sample.channel
    origin = "recorded" if sample.is_recorded else "generated"
    name = f"{channel.exchange} {channel.market} {channel.name}, {len(frames):,} {origin}"
    goal = DEPTH_GOAL if channel.kind == "l2" and channel.market == "spot" else GOAL
    return Figure(name, per_frame["push"], "ns/frame", per_frame["orjson"], goal)


def _check(sample: Sample, batches: list[list[bytes]]) -> None:
    """Stop when a frame is not an event or a book is not live: then it is no measurement."""
    normalizer = sample.pipeline()
    for batch in batches:
        result = normalizer.push(batch, RECEIVED_NS)
        if result.events != result.items:
            raise SystemExit(f"bench: {sample.channel}: {normalizer.counters()}")
    states = {book["state"] for book in normalizer.books()}
    if states - {"live"}:
        raise SystemExit(f"bench: {sample.channel}: its book is {states}")


def _parse(frames: list[bytes]) -> None:
    for frame in frames:
        orjson.loads(frame)


def push_all(batches: list[list[bytes]], normalizer: Normalizer) -> None:
    """Push and take what came of it."""
    for batch in batches:
        result = normalizer.push(batch, RECEIVED_NS)
        _ = result.messages
