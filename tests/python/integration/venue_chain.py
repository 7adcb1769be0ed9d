"""Several simulated venues, one collector, one bus: the processes, and what comes out of them."""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow.parquet as pq

from tapeline.access.plain_rows import rows_of
from tapeline.apps.chain import Process, Simulation, run
from tapeline.apps.market_normalizers import MarketNormalizers
from tapeline.apps.normalize import normalize
from tapeline.simulator.registry import speller
from tapeline.simulator.synthetic.tape import MarketSettings, MarketTape
from tapeline.tape import TapeReader

Row = dict[str, Any]
#: Price -> quantity, bids and asks.
Book = tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]]

#: What tells the rows of one event type from the others.
_MARKS = {
    "trade": "native_id",
    "orderbook": "bids",
    "funding": "rate",
    "liquidation": "average_price",
    "coverage": "proof",
    "quarantine": "raw_length",
}
MARKET_DATA = ("trade", "orderbook", "funding", "liquidation")
#: What depends on when a frame came, or on what came before it.
_OF_THE_RUN = ("received_ns", "quality", "issues")


@dataclass(frozen=True, slots=True)
class Market:
    """One market, what is collected of it, and where its simulator has its books."""

    exchange: str
    market: str
    types: str
    symbols: tuple[str, ...]
    book_path: str
    #: Channels whose ids tell what is missing, and the names of their streams.
    provable: tuple[tuple[str, str], ...]
    clients: int = 1
    #: Base units a contract, by raw symbol.
    contract_sizes: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return f"{self.exchange}:{self.market}"

    @property
    def raw_symbols(self) -> tuple[str, ...]:
        """The venue's own spelling of the symbols."""
        coins = [symbol.partition("/")[0] for symbol in self.symbols]
        form = "{}-USDT-SWAP" if self.exchange == "okx" else "{}USDT"
        return tuple(form.format(coin) for coin in coins)

    def provable_streams(self) -> Iterator[tuple[str, str, str]]:
        """Yield streams whose ids tell what is missing, with their channel and instrument."""
        for raw in self.raw_symbols:
            for channel, stream in self.provable:
                yield stream.format(raw=raw, lower=raw.lower()), channel, raw

    @property
    def of(self) -> tuple[str, str]:
        return (self.exchange, self.market)

    def tape(
        self,
        folder: Path,
        frames: int = 2_000,
        rate_per_s: float = 500.0,
        start_ns: int | None = None,
    ) -> Path:
        """Write a clean synthetic tape of this market."""
        path = folder / f"{self.exchange}-{self.market}.synthetic.jsonl"
        since = {} if start_ns is None else {"start_ns": start_ns}
        settings = MarketSettings(
            symbols=self.symbols,
            types=self.types.split(","),
            frames=frames,
            rate_per_s=rate_per_s,
            has_anomalies=False,
            **since,
        )
        path.write_bytes(b"".join(MarketTape(settings, speller(*self.of)).lines()))
        return path


_PERPETUALS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
_ALL = "trade,l1,l2,funding,liquidation"
SPOT = Market(
    "binance",
    "spot",
    "trade,l1,l2",
    ("BTC/USDT", "ETH/USDT"),
    "/api/v3/depth?symbol={}&limit=5000",
    (
        ("trade", "{lower}@trade"),
        ("depth", "{lower}@depth@100ms"),
    ),
)
USDM = Market(
    "binance",
    "usdm",
    _ALL,
    _PERPETUALS,
    "/fapi/v1/depth?symbol={}&limit=1000",
    (("aggTrade", "{lower}@aggTrade"), ("depth", "{lower}@depth@100ms")),
    clients=2,
)
OKX = Market(
    "okx",
    "swap",
    _ALL,
    _PERPETUALS,
    "/api/v5/market/books-full?instId={}&sz=5000",
    (("trades", "trades:{raw}"), ("books", "books:{raw}")),
    contract_sizes=(("BTC-USDT-SWAP", "0.01"), ("ETH-USDT-SWAP", "0.1")),
)
BYBIT = Market(
    "bybit",
    "linear",
    _ALL,
    _PERPETUALS,
    "/v5/market/orderbook?category=linear&symbol={}&limit=200",
    (("orderbook.50", "orderbook.50.{raw}"),),
)
MARKETS = (SPOT, USDM, OKX, BYBIT)


def normalized(market: Market, tape: Path, out: Path) -> "Found":
    """Return the rows that ``normalize`` makes of a tape."""
    summary = normalize(TapeReader(tape), MarketNormalizers(*market.of), out)
    assert summary.residual == 0
    found = Found()
    for kind, path in summary.files.items():
        found.rows[kind] = list(rows_of(pq.read_table(path)))
    return found


def tailed(transport: str, idle_s: float = 1.5) -> "Found":
    """Return everything that lies on a bus."""
    words = ("--transport", transport, "--types", ",".join(_MARKS), "--idle", f"{idle_s:g}")
    found = Found()
    for line in run("tail", *words, "--json").splitlines():
        row = json.loads(line)
        (kind,) = [name for name, mark in _MARKS.items() if mark in row]
        found.rows[kind].append(row)
    return found


@dataclass(slots=True)
class Found:
    """Rows by event type, in their order."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {kind: [] for kind in _MARKS})

    def of(self, market: Market) -> "Found":
        """Return the rows of one market."""
        return Found({kind: [row for row in rows if _is_of(row, market)] for kind, rows in self})

    def __iter__(self) -> Any:  # noqa: ANN401
        return iter(self.rows.items())

    def events(self) -> Counter[tuple[str, ...]]:
        """Count the events that came by stream: each is the same in every run of a tape."""
        return Counter(
            _essence(kind, row)
            for kind in MARKET_DATA
            for row in self.rows[kind]
            if row.get("origin", "wire") == "wire"
        )

    def assert_once_each(self, wanted: "Found", why: str) -> None:
        """Every event of a tape is there once; more than that are only whole states sent anew."""
        mine, theirs = self.events(), wanted.events()
        assert list(theirs - mine) == [], why
        states = ("funding", '"action": "snapshot"')
        more = [each for each in mine - theirs if not (each[0] in states or states[1] in each[1])]
        assert more == [], why
        assert max(mine.values()) == 1, why
        ids = Counter(row["event_id"] for kind in MARKET_DATA for row in self.rows[kind])
        assert max(ids.values()) == 1, why

    def ids(self, kind: str, raw_symbol: str) -> list[str]:
        """Return the event ids of one type and instrument, in their order."""
        return [row["event_id"] for row in self.rows[kind] if row["raw_symbol"] == raw_symbol]

    def coverage(self, *kinds: str, raw_symbol: str | None = None) -> list[Row]:
        """Return the records of these kinds."""
        rows = self.rows["coverage"]
        return [
            row for row in rows if row["kind"] in kinds and raw_symbol in (None, row["raw_symbol"])
        ]

    def harm(self, raw_symbol: str | None = None) -> list[Row]:
        """Return the records of lost data, without the first wait for a snapshot."""
        found = self.coverage(
            "gap_opened", "connection_lost", "book_unsynced", raw_symbol=raw_symbol
        )
        return [row for row in found if row["reason"] != "no snapshot"]

    def missing(self, channels: Iterable[str], raw_symbol: str) -> set[int]:
        """Return the ids that the gap records call missing."""
        ids: set[int] = set()
        for row in self.coverage("gap_opened", "gap_filled", raw_symbol=raw_symbol):
            if row["channel"] in channels:
                between = set(range(row["first_id"], row["last_id"] + 1))
                ids = ids | between if row["kind"] == "gap_opened" else ids - between
        return ids

    def book(self, market: Market, raw_symbol: str) -> Book:
        """Rebuild a book as a consumer does: newest snapshot, and every update that follows it."""
        rows = [
            row
            for row in self.rows["orderbook"]
            if row["raw_symbol"] == raw_symbol and row["depth"] == 2
        ]
        whole = [index for index, row in enumerate(rows) if row["action"] == "snapshot"]
        snapshot = rows[whole[-1]]
        # A REST reply may be older than the updates that came before it.
        follow = rows if snapshot["origin"] == "rest" else rows[whole[-1] :]
        size = Decimal(dict(market.contract_sizes).get(raw_symbol, "1"))
        book: Book = ({}, {})
        _apply(book, snapshot["bids"], snapshot["asks"], size)
        for epoch, row in _in_order(follow):
            is_new = epoch or row["last_update_id"] > snapshot["last_update_id"]
            if row["action"] == "delta" and is_new:
                _apply(book, row["bids"], row["asks"], size)
        return book


def _in_order(rows: Sequence[Row]) -> list[tuple[int, Row]]:
    """Sort updates by their ids; ids that begin anew come behind those before."""
    epochs: list[tuple[int, int, Row]] = []
    epoch = 0
    for row in rows:
        before = row["prev_update_id"]
        epoch += before is not None and row["last_update_id"] < before
        epochs.append((epoch, row["last_update_id"], row))
    epochs.sort(key=lambda each: each[:2])
    return [(each[0], each[2]) for each in epochs]


def _is_of(row: Row, market: Market) -> bool:
    return (row["exchange"], row["market"]) == market.of


def _essence(kind: str, row: Row) -> tuple[str, ...]:
    facts = {name: value for name, value in row.items() if name not in _OF_THE_RUN}
    return kind, json.dumps(facts, sort_keys=True)


def _apply(book: Book, bids: Any, asks: Any, size: Decimal = Decimal(1)) -> None:  # noqa: ANN401
    for side, levels in zip(book, (bids, asks), strict=True):
        for price, quantity, *_ in levels:
            if Decimal(quantity) == 0:
                side.pop(Decimal(price), None)
            else:
                side[Decimal(price)] = Decimal(quantity) / size


def _connections(market: Market, lines: int) -> int:
    """Return how many connections a collector makes; liquidations of OKX have one of their own."""
    apart = market.exchange == "okx" and lines > 1 and "liquidation" in market.types
    return market.clients * lines + apart


class Venues:
    """Simulators of several markets, entered together; their tapes start with the collector."""

    def __init__(
        self,
        folder: Path,
        tapes: Mapping[Market, Path],
        faults: Mapping[Market, Sequence[str]] | None = None,
        *,
        speed: str = "1",
        lines: int = 1,
        options: Sequence[str] = (),
        ports: Mapping[Market, str] | None = None,
    ) -> None:
        self._ledgers = {market: folder / f"{market.name}.ledger" for market in tapes}
        self.simulations = {
            market: Simulation(
                [tape],
                self._ledgers[market],
                of=market.of,
                speed=speed,
                faults=(faults or {}).get(market, ()),
                seed=5,
                options=(
                    *("--clients", str(_connections(market, lines))),
                    *("--port", (ports or {}).get(market, "0")),
                    *options,
                ),
                is_once=False,
            )
            for market, tape in tapes.items()
        }

    def __enter__(self) -> Self:
        for simulation in self.simulations.values():
            simulation.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for simulation in self.simulations.values():
            simulation.__exit__(kind, error, trace)

    def words(self) -> list[str]:
        """Return what ``collect`` needs to find them."""
        found: list[str] = []
        for market, simulation in self.simulations.items():
            found += ["--venue", f"{market.name}={','.join(market.symbols)}"]
            found += ["--endpoint", f"{market.name}={simulation.url}"]
        return found

    def book(self, market: Market, raw_symbol: str) -> Book:
        """Return the simulator's own book, which is independent of ours."""
        address = self.simulations[market].url.replace("ws://", "http://")
        with urllib.request.urlopen(  # noqa: S310
            address + market.book_path.format(raw_symbol), timeout=60
        ) as reply:
            body = json.loads(reply.read())
        if market.exchange == "okx":
            body = body["data"][0]
        elif market.exchange == "bybit":
            body = {"bids": body["result"]["b"], "asks": body["result"]["a"]}
        book: Book = ({}, {})
        _apply(book, body["bids"], body["asks"])
        return book

    def accounts(self) -> dict[Market, list[dict[str, Any]]]:
        """Stop them; return the lines of their ledgers, the summary last."""
        for simulation in self.simulations.values():
            simulation.stop()
        for simulation in self.simulations.values():
            simulation.output(120)
        return {
            market: [json.loads(line) for line in ledger.read_text().splitlines()]
            for market, ledger in self._ledgers.items()
        }


class Collecting(Process):
    """A running ``tapeline collect --json`` of everything some venues have.

    It ends by silence. The back-off between connections that end soon grows to 5 s: less silence
    than that would end it while the rest of the tape waits.
    """

    def __init__(
        self, venues: Venues, transport: str, *options: str, types: str = "all", idle_s: float = 6
    ) -> None:
        super().__init__(
            *("collect", *venues.words(), "--types", types, "--transport", transport),
            *("--idle", f"{idle_s:g}", "--json", *options),
        )

    def summary(self, timeout_s: float = 120) -> dict[str, Any]:
        """Wait for the end; return the account, of which no frame may be missing."""
        summary: dict[str, Any] = json.loads(self.output(timeout_s).splitlines()[-1])
        assert summary["residual"] == 0
        assert summary["transport"]["lost"] == summary["transport"]["failed"] == 0
        return summary


def collected(venues: Venues, transport: str, *options: str, **how: Any) -> dict[str, Any]:  # noqa: ANN401
    """Collect until the venues have nothing more; return the collector's summary."""
    with Collecting(venues, transport, *options, **how) as collecting:
        return collecting.summary()


def stream_of(account: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Return one stream's part of a ledger."""
    (found,) = [each for each in account[-1]["streams"] if each["stream"] == name]
    return found  # type: ignore[no-any-return]


def assert_gaps_are_exact(market: Market, found: Found, account: list[dict[str, Any]]) -> None:
    """Check that the gap records are what the simulator says nobody got.

    A snapshot of Bybit has a number of its own, so that the update it stands for is not missing.
    """
    for stream, channel, raw in market.provable_streams():
        if stream not in {each["stream"] for each in account[-1]["streams"]}:
            continue
        gaps = ids_of(stream_of(account, stream)["gaps"])
        if market.exchange == "bybit":
            gaps -= {
                row["last_update_id"]
                for row in found.rows["orderbook"]
                if row["raw_symbol"] == raw and row["depth"] == 2 and row["action"] == "snapshot"
            }
        assert found.missing([channel], raw) == gaps, stream


def ids_of(ranges: Iterable[Sequence[int]]) -> set[int]:
    """Return every id of some ranges."""
    return {number for first, last in ranges for number in range(first, last + 1)}
