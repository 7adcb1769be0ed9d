"""``tapeline collect`` of several venues in one process, and changed while it runs."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

import tapeline as tl
from tapeline.tape import TapeFrame
from tapeline.transport.local_file import LocalFile
from tests.fakes.websocket_venue import PING, PONG, TEXT, Peer, Venue, eventually, venue
from tests.python.contract.simulator_client import Running, serving
from tests.python.contract.venue_tapes import Book, BookTape, applied, binance, bybit, okx

LIVE: dict[str, Any] = {"is_once": False, "speed": 1.0}


@dataclass
class Collected:
    """How a run ended, and what it left on the bus."""

    code: int
    facts: dict[str, Any]
    log: str
    bus: Path

    def topics(self) -> set[str]:
        return {each.topic for each in self._messages()}

    def rows(self, event_type: str, topic: str = "") -> list[dict[str, Any]]:
        values = [
            each.message[2]
            for each in self._messages()
            if each.topic.startswith(topic or f"{event_type}.")
        ]
        if not values:
            return []
        return pl.DataFrame(tl.decode(values, event_type=event_type)).to_dicts()

    def book(self, topic: str, contract_size: Decimal = Decimal(1)) -> Book:
        """Fold the events of one book: the newest snapshot and what came behind it."""
        book: Book = ({}, {})
        last = -1
        for row in self.rows("orderbook", topic):
            if row["action"] == "snapshot":
                book = ({}, {})
            elif row["last_update_id"] <= last:
                continue
            last = row["last_update_id"]
            bids, asks = (_texts(row[side], contract_size) for side in ("bids", "asks"))
            applied(book, bids, asks)
        return book

    def _messages(self) -> Sequence[Any]:
        reader = LocalFile(self.bus, mode="read")
        try:
            return list(reader.read(-(2**63), 1_000_000))
        finally:
            reader.close()


def _texts(levels: list[dict[str, Any]], contract_size: Decimal) -> list[list[str]]:
    return [
        [f"{level['price']:.1f}", f"{level['quantity'] / contract_size:.2f}"] for level in levels
    ]


_STARTED: list[asyncio.subprocess.Process] = []


@pytest.fixture(autouse=True)
async def _nothing_is_left_running() -> AsyncIterator[None]:
    yield
    while _STARTED:
        process = _STARTED.pop()
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def start(bus: Path, *options: str) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from tapeline.apps.cli import main; main()",
        "collect",
        "--transport",
        f"local:{bus}",
        "--json",
        *options,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _STARTED.append(process)
    return process


async def line_with(process: asyncio.subprocess.Process, words: str) -> str:
    """Wait for words in the log; the lines up to them are no part of what `end` finds."""
    assert process.stderr is not None
    async with asyncio.timeout(120):
        while line := (await process.stderr.readline()).decode():
            if words in line:
                return line
    raise AssertionError(f"the process ended without {words!r}")


def put(path: Path, content: str) -> None:
    """Write a file as a whole: who looks meanwhile sees none that is half written."""
    new = path.with_name("new")
    new.write_text(content)
    new.replace(path)


async def end(process: asyncio.subprocess.Process, bus: Path) -> Collected:
    async with asyncio.timeout(120):
        out, err = await process.communicate()
    facts = orjson.loads(out) if out.strip() else {}
    return Collected(process.returncode or 0, facts, err.decode(), bus)


def at(running: Running, name: str, symbols: str) -> list[str]:
    return ["--venue", f"{name}={symbols}", "--endpoint", f"{name}={running.url}"]


async def test_three_venues_in_one_process_with_their_books_right(tmp_path: Path) -> None:
    tapes = {name: make() for name, make in _TAPES.items()}
    async with (
        serving(tapes["binance"].frames, **LIVE) as first,
        serving(tapes["okx"].frames, of=("okx", "swap"), **LIVE) as second,
        serving(tapes["bybit"].frames, of=("bybit", "linear"), **LIVE) as third,
    ):
        process = await start(
            tmp_path / "bus.db",
            *at(first, "binance:spot", "BTC/USDT"),
            *at(second, "okx:swap", "BTC/USDT:USDT"),
            *at(third, "bybit:linear", "BTC/USDT:USDT"),
            *("--types", "trade,l2,funding", "--idle", "5"),
        )
        found = await end(process, tmp_path / "bus.db")
    assert found.code == 0, found.log
    assert found.facts["residual"] == found.facts["transport"]["lost"] == 0
    assert set(found.facts["markets"]) == {"binance:spot", "okx:swap", "bybit:linear"}
    for exchange, topic in _TOPICS.items():
        assert topic in found.topics()
        # A contract of OKX is a hundredth of a bitcoin.
        size = Decimal("0.01") if exchange == "okx" else Decimal(1)
        assert found.book(topic, size) == tapes[exchange].final, exchange
    (rest,) = [row for row in found.rows("orderbook") if row["origin"] == "rest"]
    assert (rest["exchange"], rest["market"]) == ("binance", "spot")


_TAPES: dict[str, Callable[[], BookTape]] = {
    "binance": lambda: binance("spot", 1_200),
    "okx": okx,
    "bybit": lambda: bybit("linear"),
}
_TOPICS = {
    "binance": "orderbook.binance.spot.btcusdt",
    "okx": "orderbook.okx.swap.btc-usdt-swap",
    "bybit": "orderbook.bybit.linear.btcusdt",
}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--venue", "okx:swap=X", "--symbols", "Y"], "--venue stands for --symbols too"),
        (["--venue", "binance:spot"], "venue must look like binance:spot=BTC/USDT,ETH/USDT"),
        (["--venue", "kraken:spot=X/Y"], "no market 'kraken' 'spot'; there are: binance spot"),
        (
            ["--venue", "okx:swap=BTC/USDT", "--endpoint", "ws://127.0.0.1:9"],
            "does not list 'BTC/USDT' (of market spot; near are BTC/USDT:USDT",
        ),
        (["--types", "funding"], "no type 'funding' of binance spot; there are: trade, l1, l2"),
        (
            ["--venue", "binance:spot=BTC/USDT", "--types", "candle"],
            "no type 'candle'; there are: trade, l1, l2",
        ),
        (
            ["--venue", "binance:spot=BTC/USDT", "--endpoint", "okx:spot=ws://127.0.0.1:1"],
            "'okx:spot' is not collected",
        ),
        (["--rest-endpoint", "ftp://x"], "rest_endpoint must look like"),
        (["--compression", "on", "--client", "picows"], "picows knows no compression"),
    ],
)
async def test_a_wrong_venue_or_type_is_told_with_what_there_is(
    options: list[str], sentence: str, tmp_path: Path
) -> None:
    process = await start(tmp_path / "bus.db", *options)
    found = await end(process, tmp_path / "bus.db")
    assert found.code == 2, found.log
    assert sentence in " ".join(found.log.replace("│", " ").split())


class Answering:
    """A Binance-like server that answers SUBSCRIBE and sends one trade for each stream."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[str]]] = []

    async def __call__(self, peer: Peer) -> None:
        peer.accept()
        self._number = 0
        while True:
            opcode, payload = await peer.read()
            if opcode == PING:
                peer.send(payload, PONG)
            if opcode != TEXT:
                continue
            request = orjson.loads(payload)
            self.asked.append((request["method"], request["params"]))
            peer.send(orjson.dumps({"result": None, "id": request["id"]}))
            for name in request["params"] if request["method"] == "SUBSCRIBE" else []:
                self._trade(peer, name)

    def _trade(self, peer: Peer, name: str) -> None:
        symbol = name.partition("@")[0].upper()
        peer.send(
            f'{{"e":"trade","E":1700000000001,"s":"{symbol}","t":1,"p":"1.5","q":"2",'
            f'"T":1700000000000,"m":true,"M":true}}'
        )


async def _controlled(fake: Venue, control: Path, bus: Path) -> asyncio.subprocess.Process:
    # Streams may be silent for as long as a busy machine takes for the test.
    patient = control.with_name("patient.toml")
    patient.write_text("[collect]\nfirst_data_s = 0.0\nstaleness_s = 0.0\n")
    endpoint = f"ws://127.0.0.1:{fake.port}"
    return await start(
        bus, "--endpoint", endpoint, "--control", str(control), "--config", str(patient)
    )


async def test_the_control_file_changes_subscriptions_without_a_new_connection(
    tmp_path: Path,
) -> None:
    control, bus = tmp_path / "control.json", tmp_path / "bus.db"
    script = Answering()
    async with venue(script) as fake:
        process = await _controlled(fake, control, bus)
        await eventually(lambda: fake.peers and fake.peers[0].path)
        put(control, '{"symbols": ["BTC/USDT", "ETH/USDT", "SOL/USDT"]}')
        await eventually(lambda: len(script.asked) == 1)
        put(control, '{"symbols": ["NO/SUCH"], "types": ["trade"]}')
        first = await line_with(process, "control file refused")
        put(control, "{")
        await line_with(process, "control file refused")
        put(control, '{"symbols": ["ETH/USDT"], "types": ["trade", "aggtrade"]}')
        await eventually(lambda: len(script.asked) == 3)
        process.send_signal(signal.SIGTERM)
        found = await end(process, bus)
        assert len(fake.peers) == 1
    assert found.code == 0, found.log
    assert script.asked == [
        ("SUBSCRIBE", ["ethusdt@trade", "solusdt@trade"]),
        ("SUBSCRIBE", ["ethusdt@aggTrade"]),
        ("UNSUBSCRIBE", ["btcusdt@trade", "solusdt@trade"]),
    ]
    assert {"trade.binance.spot.ethusdt", "trade.binance.spot.solusdt"} <= found.topics()
    assert "control file refused" not in found.log, "it was refused a third time"
    assert "binance:spot does not list 'NO/SUCH'" in first


async def test_a_control_file_of_toml_names_its_market(tmp_path: Path) -> None:
    control, bus = tmp_path / "control.toml", tmp_path / "bus.db"
    control.write_text('["binance:spot"]\nsymbols = ["ETH/USDT"]\n')
    script = Answering()
    async with venue(script) as fake:
        process = await _controlled(fake, control, bus)
        # There before the first connection: the address names what the file says.
        await eventually(lambda: fake.peers and fake.peers[0].path == "/ws/ethusdt@trade")
        process.send_signal(signal.SIGTERM)
        found = await end(process, bus)
    assert found.code == 0, found.log


def _trades(count: int) -> list[TapeFrame]:
    from tests.python.contract.simulator_client import tape

    return tape(count, step_ns=1_000_000)


async def test_a_core_pair_loses_and_duplicates_nothing_when_a_line_dies(tmp_path: Path) -> None:
    async with serving(
        _trades(2_000), "kill_line=1@700:1", clients=2, is_once=False, speed=1.0
    ) as running:
        process = await start(
            tmp_path / "bus.db",
            *("--endpoint", running.url, "--core", "BTC", "--idle", "5"),
        )
        found = await end(process, tmp_path / "bus.db")
    assert found.code == 0, found.log
    ids = [int(row["native_id"]) for row in found.rows("trade")]
    assert len(ids) == len(set(ids))
    assert sorted(ids) == list(range(1, 2_001))
    assert found.facts["gaps"] == []
    assert [line["line"][-2:] for line in found.facts["lines"]] == ["#1", "#2"]


async def test_the_book_of_a_core_pair_survives_the_death_of_a_line(tmp_path: Path) -> None:
    tape = okx(1_500)
    async with serving(
        tape.frames, "kill_line=1@500:1", of=("okx", "swap"), clients=2, **LIVE
    ) as running:
        process = await start(
            tmp_path / "bus.db",
            *at(running, "okx:swap", "BTC/USDT:USDT"),
            *("--types", "l2", "--core", "BTC", "--idle", "5"),
        )
        found = await end(process, tmp_path / "bus.db")
    assert found.code == 0, found.log
    assert found.facts["residual"] == 0
    assert found.facts["gaps"] == []
    assert found.book(_TOPICS["okx"], Decimal("0.01")) == tape.final
    kinds = {row["kind"] for row in found.rows("coverage")}
    assert not kinds & {"gap_opened", "book_unsynced", "connection_lost"}, kinds
