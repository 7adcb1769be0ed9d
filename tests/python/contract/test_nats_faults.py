"""A NATS server that dies, freezes, forgets or refuses: nothing sent may be missing afterwards."""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from nacl.signing import SigningKey
from nats.aio.client import Client

from tapeline.apps.bus_reader import message_counts, open_bus
from tapeline.apps.cli import main
from tapeline.errors import SettingsError
from tapeline.transport.local_file import LocalFile
from tapeline.transport.nats_connection import close, connect, request
from tapeline.transport.open import open_sink
from tapeline.transport.ports import MessageSink
from tapeline.transport.topics import nats_stream
from tapeline.transport.uris import NatsUri, parse_uri
from tests.python.storing import make_messages
from tests.services.nats import NatsServer, nats_or_skip

pytestmark = pytest.mark.integration

WITHIN_S = 60.0


def api(uri: str, work: Callable[[Client], Awaitable[Any]]) -> Any:  # noqa: ANN401
    """Do something with a connection of our own."""
    address = parse_uri(uri)
    assert isinstance(address, NatsUri)

    async def run() -> Any:  # noqa: ANN401
        client = await connect(address, "test")
        try:
            return await work(client)
        finally:
            await close(client)

    return asyncio.run(run())


class Sender:
    """Sends numbered messages to one topic of its own and checks what arrived."""

    def __init__(self, server: NatsServer, spool: Path, options: str = "") -> None:
        self.exchange = f"x{uuid.uuid4().hex[:10]}"
        self.topic = f"trade.{self.exchange}.spot.btcusdt"
        self.stream = nats_stream("tapeline", f"trade.{self.exchange}.spot")
        self.uri = f"nats://{server.address}?spool={spool}{options}"
        self.sink: MessageSink = open_sink(self.uri)
        self.sent = 0

    def send(self, count: int) -> None:
        numbers = range(self.sent, self.sent + count)
        self.sink.send([(self.topic, b"btcusdt", b"%08d" % number) for number in numbers])
        self.sent += count
        self.sink.poll()

    def send_until(self, is_enough: Callable[[], bool]) -> None:
        """Send 20 messages every 10 ms until something has happened."""
        end = time.monotonic() + WITHIN_S
        while not is_enough():
            assert time.monotonic() < end, self.sink.stats()
            self.send(20)
            time.sleep(0.01)

    def acknowledged(self, more: int) -> Callable[[], bool]:
        enough = self.sink.stats().acknowledged + more
        return lambda: self.sink.stats().acknowledged >= enough

    def assert_all_in_order(self) -> None:
        """Every number is there, first seen in its order; a second time is allowed."""
        bus = open_bus(self.uri, exchange=self.exchange)
        found: list[int] = []
        end = time.monotonic() + WITHIN_S
        try:
            while len(set(found)) < self.sent and time.monotonic() < end:
                found += [int(message.value or b"-1") for message in bus.read(0.2)]
        finally:
            bus.close()
        assert list(dict.fromkeys(found)) == list(range(self.sent))


@pytest.fixture
def sender(own_nats: NatsServer, tmp_path: Path) -> Iterator[Sender]:
    made = Sender(own_nats, tmp_path / "spool.db")
    yield made
    made.sink.close(0.0)


def test_a_server_killed_and_started_again_loses_nothing(
    own_nats: NatsServer, sender: Sender
) -> None:
    sender.send_until(sender.acknowledged(300))
    own_nats.kill()
    sender.send_until(lambda: sender.sink.stats().spooled > 300)
    own_nats.start()
    sender.send_until(sender.acknowledged(300))
    report = sender.sink.close(WITHIN_S)
    assert (report.delivered, report.spooled, report.failed, report.lost) == (sender.sent, 0, 0, 0)
    sender.assert_all_in_order()


def test_a_frozen_server_is_given_up_and_found_again(own_nats: NatsServer, sender: Sender) -> None:
    sender.send_until(sender.acknowledged(100))
    own_nats.pause()
    sender.send_until(lambda: sender.sink.stats().spooled > 0)
    own_nats.resume()
    report = sender.sink.close(WITHIN_S)
    assert (report.delivered, report.spooled, report.lost) == (sender.sent, 0, 0)
    sender.assert_all_in_order()


def test_a_stream_that_was_deleted_is_made_again(sender: Sender) -> None:
    sender.send_until(sender.acknowledged(50))
    while sender.sink.stats().pending:
        sender.sink.poll()
    before = sender.sent
    api(sender.uri, lambda client: request(client, f"STREAM.DELETE.{sender.stream}"))
    sender.send_until(sender.acknowledged(50))
    assert sender.sink.close(WITHIN_S).delivered == sender.sent
    # What was acknowledged before went with the stream; everything later is on the new one.
    assert message_counts(parse_uri(sender.uri))[f"trade.{sender.exchange}.spot"] >= (
        sender.sent - before
    )


def test_messages_for_an_absent_server_are_sent_by_the_next_run(
    own_nats: NatsServer, sender: Sender
) -> None:
    own_nats.kill()
    sender.send_until(lambda: sender.sent >= 200)
    report = sender.sink.close(0.0)
    assert (report.delivered, report.spooled, report.lost) == (0, sender.sent, 0)
    own_nats.start()
    sender.sink = open_sink(sender.uri)
    assert sender.sink.stats().recovered == sender.sent
    assert sender.sink.close(WITHIN_S).delivered == sender.sent
    sender.assert_all_in_order()


def test_the_server_keeps_one_of_a_batch_that_is_sent_again(
    own_nats: NatsServer, tmp_path: Path
) -> None:
    messages = make_messages(120)
    uri = f"nats://{own_nats.address}?spool={tmp_path}/spool.db"
    for _ in range(2):
        sink = open_sink(uri)
        sink.send(messages)
        assert sink.close(WITHIN_S).delivered == len(messages)
    assert sum(message_counts(parse_uri(uri)).values()) == len(messages)


def test_a_message_the_server_cannot_take_is_kept_as_a_dead_letter(tmp_path: Path) -> None:
    server = nats_or_skip(tmp_path / "small", extra="max_payload: 65536")
    try:
        sender = Sender(server, tmp_path / "spool.db")
        sender.send(5)
        sender.sink.send([(sender.topic, b"btcusdt", bytes(70_000))])
        sender.send(5)
        report = sender.sink.close(WITHIN_S)
        assert (report.delivered, report.failed, report.lost) == (10, 1, 0)
        sender.assert_all_in_order()
        dead = LocalFile(tmp_path / "spool.db.dead", mode="read")
        (letter,) = dead.read(-(2**63), 10)
        assert "max_payload" in (letter.note or "")
        assert letter.value == bytes(70_000)
        dead.close()
    finally:
        server.stop()


def test_limits_of_a_stream_are_what_the_address_says(own_nats: NatsServer, tmp_path: Path) -> None:
    options = "&retention_ms=3600000&max_bytes=1000000&window_s=30&replication=1"
    sender = Sender(own_nats, tmp_path / "spool.db", options)
    sender.send(1)
    assert sender.sink.close(WITHIN_S).delivered == 1
    info = api(sender.uri, lambda client: request(client, f"STREAM.INFO.{sender.stream}"))
    config = info["config"]
    assert config["max_age"] == 3_600_000_000_000
    assert config["max_bytes"] == 1_000_000
    assert config["duplicate_window"] == 30_000_000_000
    assert (config["num_replicas"], config["discard"]) == (1, "old")
    assert config["subjects"] == [f"tapeline.trade.{sender.exchange}.spot.*"]


def test_tls_and_a_key_let_in_and_nothing_else_does(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    seed, public = nkey()
    (tmp_path / "user.nk").write_text(seed)
    server = nats_or_skip(
        tmp_path / "safe",
        extra=f'tls {{ cert_file: "{tmp_path}/server.pem", key_file: "{tmp_path}/server.pem" }}\n'
        f"authorization {{ users = [ {{ nkey: {public} }} ] }}",
    )
    try:
        good = f"nats+tls://{server.address}?ca={tmp_path}/ca.pem&creds={tmp_path}/user.nk"
        sink = open_sink(f"{good}&spool={tmp_path}/spool.db")
        sink.send([("trade.x.spot.btcusdt", b"btcusdt", b"1")])
        assert sink.close(WITHIN_S).delivered == 1
        assert message_counts(parse_uri(good)) == {"trade.x.spot": 1}
        for bad in (
            f"nats+tls://{server.address}?ca={tmp_path}/ca.pem",
            f"nats+tls://{server.address}?creds={tmp_path}/user.nk",
            f"nats://{server.address}?creds={tmp_path}/user.nk",
        ):
            sink = open_sink(f"{bad}&spool={tmp_path}/refused.db")
            sink.send([("trade.x.spot.btcusdt", b"btcusdt", b"2")])
            report = sink.close(1.0)
            assert (report.delivered, report.lost) == (0, 0)
    finally:
        server.stop()


def nkey() -> tuple[str, str]:
    """Make a user's key: its seed and its public half, as NATS spells them."""
    import base64
    import binascii
    import os

    def spell(prefix: bytes, raw: bytes) -> str:
        body = prefix + raw
        body += binascii.crc_hqx(body, 0).to_bytes(2, "little")
        return base64.b32encode(body).decode().rstrip("=")

    raw = os.urandom(32)
    # S and U, five bits each, begin a user's seed; U alone begins its public key.
    user = 20 << 3
    seed = bytes([(18 << 3) | (user >> 5), (user & 31) << 3])
    return spell(seed, raw), spell(bytes([user]), bytes(SigningKey(raw).verify_key))


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("nats://10.0.0.1:4222", "plaintext=allow"),
        ("nats://127.0.0.1:4222,10.0.0.1:4222", "plaintext=allow"),
        ("nats://127.0.0.1", "is not HOST:PORT"),
        ("nats://user:secret@127.0.0.1:4222", "no user and no password"),
        ("nats://127.0.0.1:4222/a_b", "prefix"),
        ("nats://127.0.0.1:4222?ca=/x", "nats+tls"),
        ("nats://127.0.0.1:4222?replication=9", "replication"),
    ],
)
def test_an_address_that_is_unsafe_or_wrong_is_refused(address: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason.replace("+", r"\+")):
        parse_uri(address)


def test_what_an_address_says_is_read() -> None:
    found = parse_uri("nats+tls://a.example:4222,b.example:4222/prod?layout=symbol&window_s=60")
    assert isinstance(found, NatsUri)
    assert (found.servers, found.prefix) == ("a.example:4222,b.example:4222", "prod")
    assert (found.is_tls, found.layout, found.window_s) == (True, "symbol", 60)
    plain = parse_uri("nats://10.0.0.1:4222?plaintext=allow")
    assert isinstance(plain, NatsUri)
    assert not plain.is_tls


def test_commands_that_look_at_a_bus_look_at_this_one(
    own_nats: NatsServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bus = f"nats://{own_nats.address}"
    assert run(["topics", "--symbols", "BTC/USDT", "--transport", bus, "--create", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["topic"] for row in rows} == {
        f"{kind}.binance.spot" for kind in ("trade", "orderbook", "coverage", "quarantine")
    }
    assert {row["messages"] for row in rows} == {0}
    sink = open_sink(f"{bus}?spool={tmp_path}/spool.db")
    sink.send(make_messages(30))
    assert sink.close(WITHIN_S).spooled == 0
    assert run(["tail", "--transport", bus, "--types", "trade", "--idle", "2", "--json"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 30


def run(words: list[str]) -> object:
    with pytest.raises(SystemExit) as ended:
        main(words)
    return ended.value.code
