"""Topic names, addresses and the local file, without any service."""

import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapeline.errors import ArgumentError, SettingsError, TransportError
from tapeline.telemetry.clock import SystemClock
from tapeline.transport.kafka_settings import PROFILES, KafkaSettings, Profile
from tapeline.transport.local import LocalSettings, LocalSink
from tapeline.transport.local_file import BusFileError, LocalFile
from tapeline.transport.topics import (
    RoutingKey,
    TopicLayout,
    kafka_topic,
    parse_routing_key,
    raw_symbol_of,
    routing_key_of,
)
from tapeline.transport.uris import KafkaUri, LocalUri, parse_uri

TOPIC = "trade.binance.spot.btcusdt"


def token_of(raw_symbol: str) -> str:
    """The escape rule once more, from its description: what the core does in Rust."""
    return "".join(
        chr(byte).lower()
        if chr(byte).isascii() and (chr(byte).isupper() or chr(byte).isdigit() or chr(byte) in "-_")
        else f"X{byte:02x}"
        for byte in raw_symbol.encode()
    )


@given(st.text(min_size=1, max_size=40))
def test_every_symbol_comes_back_from_its_token(raw_symbol: str) -> None:
    assert raw_symbol_of(token_of(raw_symbol)) == raw_symbol


def test_a_token_that_is_no_text_is_refused() -> None:
    for token in ("Xff", "BTC", "btc.", "X5", ""):
        with pytest.raises(ArgumentError):
            raw_symbol_of(token)
    assert raw_symbol_of("Xunknown") == ""


def test_layouts_lead_to_a_topic_and_back() -> None:
    key = parse_routing_key(TOPIC)
    assert key == RoutingKey("trade", "binance", "spot", "btcusdt")
    for layout, topic in (
        (TopicLayout.SYMBOL, TOPIC),
        (TopicLayout.MARKET, "trade.binance.spot"),
    ):
        assert kafka_topic(key, layout) == topic
        assert routing_key_of(topic, b"btcusdt") == TOPIC
    assert routing_key_of("trade.binance.spot", None) is None
    assert routing_key_of("orders", b"btcusdt") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("local:bus.db", LocalUri(Path("bus.db"))),
        ("local:/var/x.db?durable=full", LocalUri(Path("/var/x.db"), "full")),
        ("kafka://a:9092", KafkaUri("a:9092")),
        ("kafka://a:1,b.c:2/", KafkaUri("a:1,b.c:2")),
        ("kafka://[::1]:9092", KafkaUri("[::1]:9092")),
        (
            "kafka://a:1?profile=ordered&layout=market&spool=/s&partitions=3&retention_ms=5"
            "&compression=zstd",
            KafkaUri("a:1", "ordered", TopicLayout.MARKET, Path("/s"), 3, None, 5, "zstd"),
        ),
    ],
)
def test_an_address_says_what_it_says(text: str, expected: object) -> None:
    assert parse_uri(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "local:",
        "file:x",
        "kafka://",
        "kafka://a",
        "kafka://a:0",
        "kafka://a:70000",
        "kafka://a:1,",
        "kafka://a:1?profile=fast",
        "kafka://a:1?profile",
        "kafka://a:1?acks=0",
        "kafka://a:1?layout=market&layout=symbol",
        "kafka://user:secret@a:1",
        "local:x?durable=maybe",
    ],
)
def test_a_bad_address_names_the_allowed_forms(text: str) -> None:
    with pytest.raises(SettingsError, match=r"kafka://HOST:PORT.*local:PATH"):
        parse_uri(text)


@pytest.mark.parametrize("place", ["kafka://me:s3cret@a:1", "nats://me:s3c@ret@a:1", "x://:s3c@a"])
def test_a_bad_address_does_not_show_a_password(place: str) -> None:
    with pytest.raises(SettingsError) as raised:
        parse_uri(place)
    assert "s3c" not in str(raised.value)


def test_profiles_hold_the_values_the_platform_was_asked_for() -> None:
    fast = PROFILES[Profile.LOW_LATENCY]
    assert (fast["acks"], fast["linger.ms"], fast["batch.size"]) == ("1", 0, 524_288)
    ordered = KafkaSettings(servers="a:1", profile=Profile.ORDERED).producer_config()
    assert (ordered["acks"], ordered["enable.idempotence"]) == ("all", True)
    assert ordered["compression.type"] == "lz4"
    small = KafkaSettings(servers="a:1", compression="zstd").producer_config()
    assert (small["compression.type"], small["compression.level"]) == ("zstd", 1)
    assert KafkaSettings(servers="a:1", retention_ms=7).topic_config()["retention.ms"] == "7"


def test_a_killed_writer_leaves_every_appended_message(tmp_path: Path) -> None:
    path = tmp_path / "bus.db"
    program = textwrap.dedent(f"""
        from pathlib import Path
        from tapeline.transport.local_file import LocalFile
        file = LocalFile(Path({str(path)!r}))
        number = 0
        while True:
            file.append([("{TOPIC}", b"btcusdt", b"%08d" % (number + i)) for i in range(50)])
            number += 50
            print(number, flush=True)
    """)
    writer = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    for _ in range(40):
        said = writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    with writer:  # `communicate` would pass by what `readline` has read ahead
        rest = writer.stdout.read().splitlines()
    acknowledged = int([said, *(line for line in rest if line.strip())][-1])
    file = LocalFile(path)
    rows = file.read(0, 1_000_000)
    file.close()
    values = [row.value for row in rows]
    assert values == [b"%08d" % number for number in range(len(values))]
    assert [row.offset for row in rows] == list(range(len(rows)))
    assert acknowledged <= len(values) <= acknowledged + 50


def test_a_reader_follows_a_writer_in_another_thread(tmp_path: Path) -> None:
    path = tmp_path / "bus.db"
    writer = LocalFile(path)
    reader = LocalFile(path, mode="read")

    def write() -> None:
        for number in range(2000):
            writer.append([(TOPIC, b"k", b"%d" % number)])

    thread = threading.Thread(target=write)
    thread.start()
    found: list[bytes] = []
    last = 0
    while len(found) < 2000 and (thread.is_alive() or len(found) < 2000):
        rows = reader.read(last, 100)
        found += [row.value for row in rows]
        last = rows[-1].sequence if rows else last
    thread.join()
    writer.close()
    reader.close()
    assert found == [b"%d" % number for number in range(2000)]


def test_offsets_are_never_given_out_again(tmp_path: Path) -> None:
    file = LocalFile(tmp_path / "bus.db")
    file.append([(TOPIC, b"k", b"a"), (TOPIC, b"k", b"b")])
    file.remove([row.sequence for row in file.read(0, 10)])
    file.close()
    file = LocalFile(tmp_path / "bus.db")
    file.append([(TOPIC, b"k", b"c")])
    (row,) = file.read(0, 10)
    file.close()
    assert (row.offset, row.value) == (2, b"c")


def test_prepended_messages_come_first_and_in_their_order(tmp_path: Path) -> None:
    file = LocalFile(tmp_path / "bus.db")
    file.append([(TOPIC, b"k", b"%d" % number) for number in (3, 4)])
    file.prepend([(TOPIC, b"k", b"%d" % number) for number in (1, 2)])
    file.prepend([(TOPIC, b"k", b"0")])
    assert [row.value for row in file.read(-(2**63), 10)] == [b"0", b"1", b"2", b"3", b"4"]
    file.close()


def test_only_one_process_may_write(tmp_path: Path) -> None:
    path = tmp_path / "bus.db"
    holder = LocalFile(path)
    with pytest.raises(BusFileError, match="another process"):
        LocalFile(path)
    holder.close()
    LocalFile(path).close()


@pytest.mark.parametrize("content", [b"not a database at all, only text" * 9, b"\x00" * 4096])
def test_a_foreign_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bus.db"
    path.write_bytes(content)
    with pytest.raises(BusFileError, match="not a tapeline transport file"):
        LocalFile(path)
    assert path.read_bytes() == content


def test_a_missing_file_is_an_error_to_a_reader(tmp_path: Path) -> None:
    with pytest.raises(BusFileError, match="no local transport file"):
        LocalFile(tmp_path / "none.db", mode="read")
    assert not (tmp_path / "none.db").exists()


def test_a_file_that_is_being_made_is_missing_or_empty_and_never_foreign(tmp_path: Path) -> None:
    said: set[str] = set()

    def read(path: Path) -> None:
        while True:
            try:
                LocalFile(path, mode="read").close()
            except BusFileError as error:
                said.add(str(error).replace(str(path), "it"))
            else:
                return

    for number in range(40):
        path = tmp_path / f"{number}.db"
        reader = threading.Thread(target=read, args=(path,))
        reader.start()
        LocalFile(path).close()
        reader.join()
    nothing = "it holds nothing yet: no writer has opened it"
    assert said <= {"there is no local transport file it", nothing}


def test_a_disk_that_does_not_write_blocks_and_then_gives_the_messages_back(
    tmp_path: Path,
) -> None:
    path = tmp_path / "bus.db"
    settings = LocalSettings(path=path, queue_bytes_max=1000, block_s_max=0.2)
    sink = LocalSink(settings, clock=SystemClock())
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")  # What a full disk does, without one.
    large = [(TOPIC, b"k", b"x" * 400)]
    taken = 2
    for _ in range(taken):
        sink.send(large)
    with pytest.raises(TransportError, match="takes no more messages"):
        sink.send(large)
    blocker.execute("ROLLBACK")
    blocker.close()
    report = sink.close(20.0)
    assert (report.delivered, report.lost) == (taken, 0)


def test_full_durability_is_set_on_the_file(tmp_path: Path) -> None:
    for durable, level in (("process", 1), ("full", 2)):
        file = LocalFile(tmp_path / f"{durable}.db", durable=durable)  # type: ignore[arg-type]
        assert file._connection.execute("PRAGMA synchronous").fetchone()[0] == level
        assert file._connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        file.close()
