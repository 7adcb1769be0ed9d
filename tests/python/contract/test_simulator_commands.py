"""The commands generate, simulate and record, as processes."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tapeline.simulator.ledger import read_ledger
from tapeline.tape import TapeReader
from tests.fakes.websocket_venue import eventually
from tests.python.contract.book_clients import get, http
from tests.python.contract.simulator_client import serving

WAIT_S = 120
COMMAND = [sys.executable, "-m", "tapeline.apps.cli"]


def run(*words: str | Path, status: int = 0) -> str:
    done = subprocess.run(
        [*COMMAND, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode == status, done.stderr
    return done.stdout + done.stderr


@contextlib.contextmanager
def simulating(*words: str | Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = [*COMMAND, "simulate", *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("listening on ws://127.0.0.1:")
            yield line.split()[-1], process
        finally:
            process.kill()


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    path = tmp_path / "feed.synthetic.jsonl.gz"
    run("generate", path, "--frames", "3000", "--ledger", tmp_path / "planted.jsonl")
    return path


def test_a_recording_of_a_simulation_is_the_tape(tape: Path, tmp_path: Path) -> None:
    target, ledger = tmp_path / "again.jsonl.gz", tmp_path / "ledger.jsonl"
    with simulating(tape, "--once", "--speed", "max", "--ledger", ledger) as (url, process):
        run("record", target, "--symbols", "BTC/USDT,ETH/USDT", "--endpoint", url, "--idle", "4")
        assert process.wait(WAIT_S) == 0
    assert [one.raw for one in TapeReader(target)] == [one.raw for one in TapeReader(tape)]
    assert {one.url for one in TapeReader(target)} == {
        f"{url}/stream?streams=btcusdt@trade/ethusdt@trade"
    }
    assert read_ledger(ledger)[-1]["sent"] == 3_000


def test_a_recording_leaves_out_what_is_not_listed_when_that_is_wanted(
    tape: Path, tmp_path: Path
) -> None:
    target, symbols = tmp_path / "again.jsonl.gz", "BTC/USDT,NOSUCH/COIN,ETH/USDT"
    with simulating(tape, "--once", "--speed", "max") as (url, process):
        words = ("record", target, "--symbols", symbols, "--endpoint", url, "--idle", "4")
        refused = run(*words, status=2)
        assert not target.exists()
        said = run(*words, "--allow-partial")
        assert process.wait(WAIT_S) == 0
    assert "does not list 'NOSUCH/COIN'; --allow-partial records the others" in refused
    assert "binance:spot does not list 'NOSUCH/COIN': the others are recorded" in said
    assert [one.raw for one in TapeReader(target)] == [one.raw for one in TapeReader(tape)]
    nothing = run("record", target, "--symbols", "NOSUCH/COIN", "--allow-partial", status=2)
    assert "does not list 'NOSUCH/COIN'" in nothing
    assert "--allow-partial" not in nothing


@pytest.mark.parametrize(("exchange", "market"), [("okx", "spot"), ("bybit", "spot")])
def test_answers_to_pings_do_not_keep_an_idle_recorder(
    exchange: str, market: str, tmp_path: Path
) -> None:
    tape, target = tmp_path / "one.synthetic.jsonl", tmp_path / "again.jsonl"
    of = ["--exchange", exchange, "--market", market]
    run("generate", tape, *of, "--types", "trade", "--symbols", "BTC/USDT", "--frames", "50")
    with simulating(tape, *of) as (url, _):
        of += ["--symbols", "BTC/USDT"]
        run("record", target, *of, "--endpoint", url, "--idle", "6", "--duration", "100")
    frames = [one.raw for one in TapeReader(target)]
    assert [one.raw for one in TapeReader(tape)][-1] in frames
    assert 0 < sum(b"pong" in frame for frame in frames) < 20


@pytest.mark.parametrize(
    ("exchange", "market", "symbols", "frames", "speed"),
    [
        ("binance", "spot", "BTC/USDT,ETH/USDT", "3000", "0.5"),
        ("okx", "swap", "BTC/USDT:USDT,ETH/USDT:USDT", "600", "0.1"),
    ],
)
def test_a_recorder_moves_on_when_the_server_announces_its_end(
    exchange: str, market: str, symbols: str, frames: str, speed: str, tmp_path: Path
) -> None:
    tape, target = tmp_path / "one.synthetic.jsonl", tmp_path / "again.jsonl"
    of = ["--exchange", exchange, "--market", market]
    run("generate", tape, *of, "--types", "trade", "--symbols", symbols, "--frames", frames)
    # The tape runs on while nobody listens: who waits for the end of the connection loses frames.
    # It lasts some ten seconds, and the end comes five after its announcement.
    how = ["--fault", "shutdown=1@200:5", "--run-on", "--speed", speed]
    with simulating(tape, *of, *how) as (url, _):
        run("record", target, *of, "--symbols", symbols, "--endpoint", url, "--duration", "20")
    recorded = [one.raw for one in TapeReader(target)]
    wanted = [one.raw for one in TapeReader(tape)]
    assert [one for one in wanted if one not in recorded] == []


@pytest.mark.parametrize(
    ("exchange", "market", "path", "request_text", "rest"),
    [
        (
            *("binance", "usdm", "/public/ws/btcusdt@depth@100ms", None),
            "/fapi/v1/depth?symbol=BTCUSDT",
        ),
        (
            *("okx", "swap", "/ws/v5/public"),
            '{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT-SWAP"}]}',
            "/api/v5/market/books?instId=BTC-USDT-SWAP&sz=50",
        ),
        (
            *("bybit", "inverse", "/v5/public/inverse"),
            '{"op":"subscribe","args":["orderbook.50.BTCUSD"]}',
            "/v5/market/orderbook?category=inverse&symbol=BTCUSD",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isalpha() else "",
)
def test_a_generated_market_is_served_over_websocket_and_rest(
    tmp_path: Path, exchange: str, market: str, path: str, request_text: str | None, rest: str
) -> None:
    of = ("--exchange", exchange, "--market", market)
    tape, ledger = tmp_path / "market.synthetic.jsonl", tmp_path / "ledger.jsonl"
    run("generate", tape, *of, "--types", "trade,l1,l2,funding,liquidation", "--frames", "900")
    # At a quarter of its speed there are five seconds for the requests, before the tape ends.
    how = ("--fault", "rest=1:429/2", "--fault", "drop=5% on *BTC*trade*", "--speed", "0.25")
    with simulating(tape, *of, *how, "--once", "--ledger", ledger) as (url, process):
        with connect(url + path, max_queue=None) as client:
            if request_text is not None:
                client.send(request_text)
            assert client.recv(timeout=WAIT_S)
            with pytest.raises(HTTPError) as refused:
                get(http(url) + rest)
            assert refused.value.headers["Retry-After"] == "2"
            refused.value.close()
            assert get(http(url) + rest)
            with contextlib.suppress(ConnectionClosed):
                while client.recv(timeout=WAIT_S):
                    pass
        assert process.wait(WAIT_S) == 0
    summary = read_ledger(ledger)[-1]
    assert summary["requests_by_status"] == {"200": 1, "429": 1}
    assert summary["sent"] == summary["distinct_sent"] > 100


def test_a_market_that_cannot_be_simulated_is_told(tape: Path) -> None:
    said = run("simulate", tape, "--exchange", "nosuch", status=2)
    assert "known: binance coinm, binance spot, binance usdm" in said


def test_a_recorder_goes_on_over_disconnects_and_stops_at_its_frames(
    tape: Path, tmp_path: Path
) -> None:
    target = tmp_path / "again.jsonl"
    with simulating(tape, "--speed", "max", "--fault", "disconnect=3") as (url, _):
        said = run(
            *("record", "--out", target, "--symbols", "BTC/USDT,ETH/USDT"),
            *("--endpoint", url, "--frames", "2900"),
        )
    recorded = [one.raw for one in TapeReader(target)]
    assert recorded == [one.raw for one in TapeReader(tape)][:2_900]
    assert "2,900 frames, 3 reconnect(s)" in said


def test_a_terminated_simulator_writes_its_ledger(tape: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    with simulating(tape, "--ledger", ledger) as (_, process):
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) == 0
    assert read_ledger(ledger)[-1]["sent"] == 0


async def test_a_terminated_recorder_keeps_what_it_has(tape: Path, tmp_path: Path) -> None:
    target, part = tmp_path / "again.jsonl", tmp_path / "again.jsonl.part"
    async with serving(list(TapeReader(tape)), is_once=False) as running:
        words = ["record", str(target), "--symbols", "BTC/USDT,ETH/USDT", "--endpoint", running.url]
        recorder = await asyncio.create_subprocess_exec(*COMMAND, *words, stderr=subprocess.DEVNULL)
        try:
            await eventually(lambda: running.simulator.ledger.summary()["sent"] == 3_000)
            assert await running.simulator.player.wait_until_read()
            assert part.exists()
            recorder.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(recorder.wait(), WAIT_S) == 0
        finally:
            if recorder.returncode is None:
                recorder.kill()
                await recorder.wait()
    assert not part.exists()
    assert [one.raw for one in TapeReader(target)] == [one.raw for one in TapeReader(tape)]


def test_the_generators_ledger_ends_in_its_summary(tape: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in (tmp_path / "planted.jsonl").read_text().splitlines()]
    assert lines[-1]["tape_frames"] == len(list(TapeReader(tape))) == 3_000
    assert len(lines) - 1 == sum(lines[-1]["anomalies"].values()) > 8


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["simulate", "--fault", "help"], "ack_without_data=N"),
        (["simulate", "t", "--fault", "dorp=1"], "no such fault: 'dorp'"),
        (["simulate", "t", "--speed", "0"], "must be a number above 0 or max"),
        (["simulate", "t", "u", "--live"], "--live plays one tape"),
        (["simulate", "t", "--skip-late"], "--skip-late goes with --live"),
        (["simulate", "t", "--exchange", "mtgox"], "cannot simulate mtgox spot"),
        (["generate"], "name the tape to write"),
        (["generate", "t", "--start", "soon"], "start must be ISO 8601 or now"),
        (["generate", "t", "--symbols", "BTC"], "must be BASE/QUOTE"),
        (["record", "t", "--types", "candle"], "no type 'candle'"),
        (["record", "t", "--symbols", "NO/SUCH"], "does not list 'NO/SUCH'"),
        (["record", "t", "--endpoint", "http://x"], "endpoint must look like"),
        (["record", "t", "--duration", "-5"], "duration_s: input should be greater than 0"),
        (["record", "t", "--idle", "nan"], "idle_s: input should be greater than 0"),
        (
            ["record", "t", "--types", "l2", "--endpoint", "ws://[::1]:1", "--ca-file", "/no/ca"],
            "ca_file: cannot read /no/ca",
        ),
        (["simulate", "t", "--port", "99999"], "65535"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(words: list[str], said: str) -> None:
    assert said in run(*words, status=2)


def test_a_missing_tape_is_one_sentence() -> None:
    said = run("simulate", "/nowhere.jsonl", status=1)
    assert said.startswith("tapeline: /nowhere.jsonl:1: cannot read the tape")
    assert "Traceback" not in said


def test_a_tape_of_another_market_is_one_sentence(tape: Path) -> None:
    said = run("simulate", tape, "--exchange", "okx", "--market", "swap", status=1)
    assert "is a tape of binance spot: simulate it with --exchange binance --market spot" in said
    assert "Traceback" not in said


def test_a_simulator_told_to_stop_does_not_wait_for_a_client_that_answers_nothing(
    tape: Path,
) -> None:
    request = (
        b"GET /ws/btcusdt@trade HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Version: 13\r\n\r\n"
    )
    with simulating(tape, "--once", "--speed", "max") as (url, process):
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        with socket.create_connection(address, timeout=WAIT_S) as client:
            client.sendall(request)
            read = b""
            # The ping behind the last frame, with its payload.
            while not re.search(rb"\x89.\d+:\d+$", read):
                read = (read + client.recv(65_536))[-64:]
            process.terminate()
            while b"stopped" not in read:
                piece = client.recv(65_536)
                assert piece
                read = (read + piece)[-64:]
        assert process.wait(WAIT_S) == 0
