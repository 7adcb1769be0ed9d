"""``tapeline collect`` as a process: what was sent is on the bus, however it ends."""

import asyncio
import signal
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
import trustme

import tapeline as tl
from tapeline.transport.local_file import LocalFile
from tests.fakes.websocket_venue import CLOSE, PING, PONG, Peer, Venue, eventually, frame, venue

START_MS = 1_700_000_000_000


def trade(number: int) -> str:
    return (
        f'{{"e":"trade","E":{START_MS + number},"s":"BTCUSDT","t":{number},"p":"100.50",'
        f'"q":"0.02","T":{START_MS + number},"m":true,"M":true}}'
    )


@dataclass
class Collect:
    """A running collector and its bus."""

    process: asyncio.subprocess.Process
    bus: Path

    async def finish(self) -> tuple[int, dict[str, Any], str]:
        async with asyncio.timeout(120):
            out, err = await self.process.communicate()
        facts = orjson.loads(out) if out.strip() else {}
        return self.process.returncode or 0, facts, err.decode()

    def ids(self) -> list[int]:
        return sorted(int(text) for text in self._trades()["native_id"])

    def has_trades(self) -> bool:
        """Whether a trade is on the bus: then its connection is open."""
        return bool(self._values())

    def _trades(self) -> Any:  # noqa: ANN401 - a polars frame
        import polars as pl

        return pl.DataFrame(tl.decode(self._values(), event_type="trade"))

    def _values(self) -> list[bytes]:
        reader = LocalFile(self.bus, mode="read")
        messages = reader.read(-(2**63), 1_000_000)
        reader.close()
        return [each.message[2] for each in messages if each.topic.startswith("trade.")]


async def collect(fake: Venue, bus: Path, *options: str, endpoint: str = "") -> Collect:
    code = "from tapeline.apps.cli import main; main()"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        "collect",
        "--endpoint",
        endpoint or f"ws://127.0.0.1:{fake.port}",
        "--transport",
        f"local:{bus}",
        "--json",
        *options,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    return Collect(process, bus)


async def asked_to_close(peer: Peer) -> None:
    """Answer pings until the client's close frame comes."""
    while True:
        opcode, payload = await peer.read()
        if opcode == CLOSE:
            return
        if opcode == PING:
            peer.send(payload, PONG)


CLIENTS = pytest.mark.parametrize("client", ["websockets", "picows"])


@CLIENTS
async def test_sigterm_loses_nothing_that_was_sent_before_the_close_answer(
    client: str, tmp_path: Path
) -> None:
    sent = 0

    async def script(peer: Peer) -> None:
        nonlocal sent
        peer.accept()
        reading = asyncio.create_task(asked_to_close(peer))
        while not reading.done():
            for _ in range(50):
                peer.send(trade(sent))
                sent += 1
            await peer.drain()
            await asyncio.sleep(0.005)
        for _ in range(3_000):
            peer.send(trade(sent))
            sent += 1
        reading.result()
        peer.close()
        await peer.drain()
        peer.hang_up()

    async with venue(script) as fake:
        run = await collect(fake, tmp_path / "bus.db", "--client", client)
        await eventually(lambda: sent > 5_000)
        run.process.send_signal(signal.SIGTERM)
        code, facts, log = await run.finish()
    assert code == 0, log
    assert facts["frames"] == sent
    assert facts["residual"] == facts["transport"]["lost"] == facts["gaps_opened"] == 0
    assert run.ids() == list(range(sent))


@CLIENTS
async def test_silence_ends_it_cleanly_and_the_account_closes(client: str, tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        peer.accept(frame(trade(1)))
        peer.send('{"result":null,"id":1}')
        peer.send("<html>")
        peer.send(trade(1))
        peer.send(trade(4))
        await peer.serve_control()

    async with venue(script) as fake:
        run = await collect(fake, tmp_path / "bus.db", "--idle", "1", "--client", client)
        code, facts, log = await run.finish()
    assert code == 0, log
    assert facts["frames"] == 5
    assert facts["events"]["trade"] == 2
    assert (facts["duplicates"], facts["control"]) == (1, {"ack": 1})
    assert facts["quarantined"] == {"not_json": 1}
    assert [(gap["first_missing"], gap["last_missing"]) for gap in facts["gaps"]] == [(2, 3)]
    assert facts["residual"] == 0
    assert run.ids() == [1, 4]


async def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    closing = asyncio.Event()

    async def script(peer: Peer) -> None:
        peer.accept()
        peer.send(trade(1))
        await asked_to_close(peer)
        closing.set()
        while True:
            peer.send(trade(2))
            await peer.drain()
            await asyncio.sleep(0.01)

    async with venue(script) as fake:
        run = await collect(fake, tmp_path / "bus.db", "--staleness", "0")
        await eventually(lambda: fake.peers and fake.peers[0].key)
        await eventually(run.has_trades)
        run.process.send_signal(signal.SIGINT)
        await asyncio.wait_for(closing.wait(), 60)
        run.process.send_signal(signal.SIGINT)
        code, _, _ = await run.finish()
    assert code == 130


async def test_a_refusal_is_one_sentence_and_exit_1(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        peer.reject(451)

    async with venue(script) as fake:
        run = await collect(fake, tmp_path / "bus.db")
        code, facts, log = await run.finish()
    assert (code, facts) == (1, {})
    assert "HTTP 451" in log.splitlines()[-1]
    assert "Traceback" not in log


async def test_two_collectors_on_one_bus_are_refused(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        await peer.serve_control()

    async with venue(script) as fake:
        first = await collect(fake, tmp_path / "bus.db")
        await eventually(lambda: fake.peers)
        second = await collect(fake, tmp_path / "bus.db")
        code, _, log = await second.finish()
        first.process.send_signal(signal.SIGTERM)
        assert (await first.finish())[0] == 0
    assert code == 1
    assert "bus.db" in log.splitlines()[-1]


@CLIENTS
@pytest.mark.parametrize("is_trusted", [True, False])
async def test_wss_works_with_the_given_authority_and_only_with_it(
    client: str, is_trusted: bool, tmp_path: Path
) -> None:
    async def script(peer: Peer) -> None:
        peer.accept(frame(trade(1)))
        await peer.serve_control()

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    (authority if is_trusted else trustme.CA()).cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with venue(script, tls=context) as fake:
        run = await collect(
            fake,
            tmp_path / "bus.db",
            "--idle",
            "1",
            "--client",
            client,
            "--ca-file",
            str(tmp_path / "ca.pem"),
            endpoint=f"wss://localhost:{fake.port}",
        )
        code, facts, log = await run.finish()
    if is_trusted:
        assert code == 0, log
        assert facts["frames"] == 1
    else:
        assert code == 1
        assert "TLS with wss://localhost" in log.splitlines()[-1]


async def test_idle_ends_it_only_after_a_second_connection_was_tried(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        peer.accept()
        if peer.index:
            peer.send(trade(1))
        await peer.serve_control()

    (tmp_path / "settings.toml").write_text("[collect]\nfirst_data_s = 4.0\n")
    async with venue(script) as fake:
        run = await collect(
            fake, tmp_path / "bus.db", "--idle", "1", "--config", str(tmp_path / "settings.toml")
        )
        code, facts, log = await run.finish()
    assert code == 0, log
    assert (facts["events"]["trade"], facts["reconnects"]) == (1, 1)
