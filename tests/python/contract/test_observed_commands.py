"""``--metrics`` of the commands as processes: what they count, and what turns them red."""

import asyncio
import contextlib
import json
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tapeline.transport.local_file import LocalFile
from tests.fakes.websocket_venue import Peer, frame, venue
from tests.services.kafka import free_port

START_MS = 1_700_000_000_000
TIMEOUT_S = 60
Values = dict[tuple[str, tuple[tuple[str, str], ...]], float]
AGE = "tapeline_adapters_exchange_to_received_seconds"
VENUE = {"exchange": "binance", "market": "spot"}


def trade(number: int) -> str:
    return (
        f'{{"e":"trade","E":{START_MS + number},"s":"BTCUSDT","t":{number},"p":"100.50",'
        f'"q":"0.02","T":{START_MS + number},"m":true,"M":true}}'
    )


class Watched:
    """A process and its listener."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session

    async def health(self, name: str = "ready") -> tuple[int, dict[str, Any]]:
        async with self._session.get(f"{self._url}/health/{name}") as answer:
            return answer.status, await answer.json()

    async def until(self, holds: Callable[[int, dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until the readiness is as told."""
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    status, told = await self.health()
                    if holds(status, told):
                        return told
                await asyncio.sleep(0.05)

    async def values_when(self, holds: Callable[[Values], bool]) -> Values:
        """Wait until the metrics are as told."""
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                values = await self.values()
                if holds(values):
                    return values
                await asyncio.sleep(0.05)

    async def values(self) -> Values:
        async with self._session.get(f"{self._url}/metrics") as answer:
            families = text_string_to_metric_families(await answer.text())
            return {
                (each.name, tuple(sorted(each.labels.items()))): each.value
                for family in families
                for each in family.samples
            }


@contextlib.asynccontextmanager
async def running(command: str, *options: str) -> AsyncIterator[Watched]:
    address = f"127.0.0.1:{free_port()}"
    words = ("-m", "tapeline.apps.cli", command, "--metrics", address, "--json")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, *options, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with aiohttp.ClientSession() as session:
            yield Watched(f"http://{address}", session)
        process.terminate()
        async with asyncio.timeout(TIMEOUT_S):
            out, _ = await process.communicate()
        assert process.returncode == 0
        assert json.loads(out)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def of(**labels: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((VENUE | labels).items()))


def has_gaps(values: Values) -> bool:
    """Whether the collector has come behind the fourth gap: what is sent is read later."""
    events = values.get(("tapeline_cleaning_events_total", of(type="trade")), 0)
    stored = values.get(("tapeline_transport_send_to_ack_seconds_count", ()), 0)
    aged = values.get((f"{AGE}_count", of(type="trade")), 0)
    gaps = values.get(("tapeline_cleaning_open_gaps", of()), 0)
    return events > 40 and gaps >= 4 and stored > 0 and aged > 0


def check_account(values: Values, later: Values, sent: list[str]) -> None:
    """Compare what is shown with what the venue sent and left out."""
    frames = values["tapeline_adapters_frames_total", of()]
    events = values["tapeline_cleaning_events_total", of(type="trade")]
    # Of one scrape, frames are counted before events: more may have come between.
    assert 40 < events <= later["tapeline_adapters_frames_total", of()] <= len(sent) + 1
    assert values["tapeline_cleaning_residual_items", of()] == 0
    assert values["tapeline_cleaning_open_gaps", of()] >= 4
    gaps = values["tapeline_cleaning_open_gaps", of()]
    assert values["tapeline_cleaning_missing_events", of()] == gaps
    size = values["tapeline_adapters_received_bytes_total", of()]
    assert 0.9 < size / sum(map(len, sent[: int(frames)])) < 1.1
    assert values["tapeline_adapters_stale_streams", of()] == 0
    allowed = "tapeline_adapters_stream_allowed_silence_seconds"
    assert values[allowed, of(symbol="BTCUSDT", channel="trade")] >= 2
    counted = values[f"{AGE}_count", of(type="trade")]
    assert counted > 0
    # Those trades are of 2023.
    assert values[f"{AGE}_sum", of(type="trade")] / counted > 86_400
    assert values["tapeline_transport_send_to_ack_seconds_count", ()] > 0


async def test_a_collector_counts_what_came_and_is_red_while_a_stream_is_silent(
    tmp_path: Path,
) -> None:
    talk = asyncio.Event()
    talk.set()
    sent: list[str] = []

    async def script(peer: Peer) -> None:
        peer.accept(frame('{"result":null,"id":1}'))
        reading = asyncio.create_task(peer.serve_control())
        while not reading.done():
            if talk.is_set():
                # Every tenth is missing.
                text = trade(len(sent) + len(sent) // 9)
                sent.append(text)
                peer.send(text)
            await asyncio.sleep(0.01)
        await reading

    # A new connection has no more time than that for its first trade: what is silent stays red.
    (tmp_path / "settings.toml").write_text("[collect]\nfirst_data_s = 3.0\nstaleness_s = 3.0\n")
    options = ("--types", "trade", "--config", str(tmp_path / "settings.toml"))
    async with venue(script) as fake:
        endpoint = f"ws://127.0.0.1:{fake.port}"
        bus = f"local:{tmp_path / 'bus.db'}"
        places = ("--endpoint", endpoint, "--transport", bus)
        async with running("collect", *places, *options) as collector:
            await collector.until(lambda status, told: status == 200 and len(sent) > 50)
            values = await collector.values_when(has_gaps)
            check_account(values, await collector.values(), sent)
            assert (await collector.health("live"))[0] == 200

            talk.clear()
            told = await collector.until(lambda status, _: status == 503)
            assert told["status"] == "failing"
            (reason,) = told["reasons"]
            assert reason["name"] == "stream binance:spot BTCUSDT@trade"
            assert "are allowed" in reason["reason"]
            values = await collector.values()
            assert values["tapeline_adapters_stale_streams", of()] == 1
            assert values["tapeline_apps_ready_state", ()] == 0

            talk.set()
            await collector.until(lambda status, _: status == 200)


async def test_a_store_is_red_while_it_takes_nothing(tmp_path: Path) -> None:
    bus = tmp_path / "bus.db"
    LocalFile(bus).close()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        gone = f"timescale://somebody:secret-word@127.0.0.1:{port}/nothing"
        good = f"parquet:{tmp_path / 'parquet'}"
        targets = ("--target", gone, "--target", good)
        async with running("store", "--transport", f"local:{bus}", *targets) as store:
            told = await store.until(lambda status, _: status == 503)
            assert (told["checks"], told["failing"]) == (3, 1)
            assert "timescale" in told["reasons"][0]["name"]
            values = await store.values_when(lambda found: sorted(ups(found)) == [0.0, 1.0])
    assert "secret-word" not in str(told) + str(list(values))


def ups(values: Values) -> list[float]:
    return [value for (name, _), value in values.items() if name == "tapeline_storage_up_state"]
