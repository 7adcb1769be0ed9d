"""Symbols that the exchange does not list: told before anything starts, or left out when wanted.

The exchange is the simulator, which lists what is on its tape.
"""

import asyncio
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import polars as pl

import tapeline as tl
from tapeline.apps.settings import CollectSettings
from tapeline.simulator.ledger import read_ledger
from tapeline.transport.local_file import LocalFile
from tests.python.contract.simulator_client import Running, serving, tape


@dataclass
class Ended:
    """How a collector ended, and what it left on the bus."""

    code: int | None
    said: str
    facts: dict[str, Any]
    bus: Path

    def symbols(self) -> Counter[str]:
        """Count the trades on the bus by symbol."""
        file = LocalFile(self.bus, mode="read")
        try:
            messages = [each.message for each in file.read(-(2**63), 1_000_000)]
        finally:
            file.close()
        values = [value for topic, _, value in messages if topic.startswith("trade.")]
        rows = pl.DataFrame(tl.decode(values, event_type="trade"))
        return Counter(rows["symbol"].to_list())


async def collected(folder: Path, symbols: str, url: str, *options: str) -> Ended:
    bus = folder / "bus.db"
    words = ("--symbols", symbols, "--endpoint", url, "--transport", f"local:{bus}")
    return await run(bus, "collect", *words, *options)


async def run(bus: Path, *words: str) -> Ended:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tapeline.apps.cli", *words, "--json", "--idle", "2"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(150):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    said = " ".join(re.sub(r"[│╭╮╰╯─]", " ", err.decode()).split())
    return Ended(process.returncode, said, orjson.loads(out) if out.strip() else {}, bus)


def asked(running: Running, folder: Path) -> list[str]:
    """Return the addresses of the requests that the exchange answered."""
    file = folder / "ledger"
    running.simulator.ledger.write(file)
    return [line["target"] for line in read_ledger(file) if line["type"] == "request"]


async def test_a13_what_is_not_listed_is_told_with_what_is_near_and_nothing_starts(
    tmp_path: Path,
) -> None:
    async with serving(tape(50), is_once=False) as running:
        ended = await collected(tmp_path, "BTC/USDT,ETH/USDTT,BTCUSD,NOSUCHCOIN", running.url)
        summary = running.simulator.ledger.summary()
        requests = asked(running, tmp_path)
    assert ended.code == 2
    assert "binance:spot does not list 'ETH/USDTT' (near are ETH/USDT" in ended.said
    assert "'BTCUSD' (near are BTC/USDT" in ended.said
    assert "'NOSUCHCOIN'" in ended.said
    assert "--allow-partial (allow_partial) collects the others" in ended.said
    assert summary["sent"] == 0
    # The list here may be old: the exchange was asked before it was refused.
    assert requests == ["/api/v3/exchangeInfo"]
    assert not ended.bus.exists()


async def test_a13_the_others_are_collected_when_that_is_wanted(tmp_path: Path) -> None:
    async with serving(tape(50)) as running:
        words = ("--allow-partial",)
        ended = await collected(tmp_path, "BTC/USDT,NOSUCHCOIN", running.url, *words)
    assert ended.code == 0, ended.said
    assert ended.symbols() == {"BTC/USDT": 50}
    assert "binance:spot does not list 'NOSUCHCOIN'" in ended.said


async def test_a13_of_nothing_that_is_listed_nothing_starts_ever(tmp_path: Path) -> None:
    async with serving(tape(50), is_once=False) as running:
        ended = await collected(tmp_path, "NOSUCHCOIN", running.url, "--allow-partial")
        assert running.simulator.ledger.summary()["sent"] == 0
    assert ended.code == 2
    assert "'NOSUCHCOIN'" in ended.said
    assert "--allow-partial" not in ended.said
    assert not ended.bus.exists()


async def test_a13_up_records_the_others_when_that_is_wanted(tmp_path: Path) -> None:
    bus = tmp_path / "bus.db"
    async with serving(tape(50)) as running:
        words = ("--symbols", "BTC/USDT,NOSUCHCOIN", "--types", "trade", "--endpoint", running.url)
        ended = await run(bus, "up", "--data", str(tmp_path), "--no-serve", *words)
        assert ended.code == 2
        more = ("--allow-partial", "--no-serve")
        ended = await run(bus, "up", "--data", str(tmp_path), *words, *more)
    assert ended.code == 0, ended.said
    assert "binance:spot does not list 'NOSUCHCOIN': the others are collected" in ended.said
    assert ended.facts["store"]["targets"][0]["rows"]["trade"] == 50


async def test_what_was_listed_since_is_collected(tmp_path: Path) -> None:
    async with serving(tape(50, ("BTCUSDT", "FRESHCOINUSDT"))) as running:
        ended = await collected(tmp_path, "BTC/USDT,FRESHCOIN/USDT", running.url)
    assert ended.code == 0, ended.said
    assert ended.symbols() == {"BTC/USDT": 50, "FRESHCOIN/USDT": 50}


async def test_an_exchange_that_does_not_answer_is_said_beside(tmp_path: Path) -> None:
    # Nothing listens at this port.
    ended = await collected(tmp_path, "BTC/USDT,NOSUCHCOIN", "ws://127.0.0.1:9")
    assert ended.code == 2
    assert "'NOSUCHCOIN'" in ended.said
    assert "the exchange was asked in vain" in ended.said


def test_the_option_is_a_setting_too() -> None:
    assert CollectSettings.model_validate({"allow_partial": "true"}).allow_partial
    assert not CollectSettings().allow_partial
