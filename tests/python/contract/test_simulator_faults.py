"""Every fault: what the client received is what the ledger says, exactly."""

import asyncio
import contextlib
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import connect

from tapeline.errors import ArgumentError, TapelineError
from tapeline.simulator.faults import FaultKind, fault_help, parse_fault
from tapeline.simulator.ledger import read_ledger
from tests.python.contract.simulator_client import (
    Heard,
    Running,
    ids,
    listen,
    read_all,
    serving,
    tape,
)

BTC = "/stream?streams=btcusdt@trade"
COUNT = 4_000


def numbers(ranges: list[list[int]]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


def faults_of(running: Running, tmp_path: Path) -> list[dict[str, Any]]:
    path = tmp_path / "ledger.jsonl"
    running.simulator.ledger.write(path)
    return [line for line in read_ledger(path) if line["type"] == "fault"]


#: A client's ping: final frame, opcode 9, masked, two bytes.
MASKED_PING = b"\x89\x82\x00\x00\x00\x00hi"


async def raw_handshake(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str
) -> None:
    """Open a WebSocket by hand; what comes behind the answer stays unread."""
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
    head += "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    writer.write((head + "Sec-WebSocket-Version: 13\r\n\r\n").encode())
    assert b"101" in await reader.readuntil(b"\r\n\r\n")


async def heard_until_the_end(running: Running) -> list[Heard]:
    """Connect again and again, as a collector does, until the simulator has ended."""
    all_heard: list[Heard] = []
    while not running.task.done():
        with contextlib.suppress(OSError):
            all_heard.append(await listen(running.url + BTC, quiet_s=0.3))
    return all_heard


@pytest.mark.parametrize("seed", [1, 2])
async def test_dropped_frames_are_the_ledgers_gaps(seed: int, tmp_path: Path) -> None:
    async with serving(tape(COUNT), "drop=2%", seed=seed) as running:
        got = ids((await listen(running.url + BTC)).frames)
    stream = running.stream()
    missing = set(range(1, COUNT + 1)) - set(got)
    assert 40 < len(missing) < 130
    assert numbers(stream["gaps"]) | numbers(stream["missing_at_edges"]) == missing
    assert stream["dropped"] == len(missing)
    assert stream["sent"] == len(got) == COUNT - len(missing)
    lines = faults_of(running, tmp_path)
    assert {line["first_id"] for line in lines} == missing
    assert {line["frame"] for line in lines} == missing


async def test_duplicates_are_sent_twice_and_soon() -> None:
    async with serving(tape(COUNT), "duplicate=0.02") as running:
        got = ids((await listen(running.url + BTC)).frames)
    counts = Counter(got)
    doubled = {number for number, count in counts.items() if count == 2}
    stream = running.stream()
    assert set(counts.values()) == {1, 2}
    assert len(doubled) == stream["duplicated"] > 40
    assert stream["sent"] == len(got) == COUNT + len(doubled)
    assert stream["distinct_sent"] == COUNT
    for number in doubled:
        first, second = (place for place, other in enumerate(got) if other == number)
        assert second - first <= 8 + len(doubled)


async def test_reordered_frames_all_arrive_swapped_in_pairs(tmp_path: Path) -> None:
    async with serving(tape(COUNT), "reorder=0.02") as running:
        got = ids((await listen(running.url + BTC)).frames)
    assert sorted(got) == list(range(1, COUNT + 1))
    displaced = {number for place, number in enumerate(got, 1) if number != place}
    lines = faults_of(running, tmp_path)
    assert displaced == {line["frame"] for line in lines} | {line["place"] for line in lines}
    assert len(displaced) == 2 * running.stream()["reordered"] > 80
    assert running.stream()["gaps"] == []


async def test_corrupted_frames_are_no_json_and_counted_as_missing() -> None:
    async with serving(tape(COUNT), "corrupt=2%") as running:
        heard = await listen(running.url + BTC)
    bad = []
    for frame in heard.frames:
        assert frame.decode()
        try:
            orjson.loads(frame)
        except orjson.JSONDecodeError:
            bad.append(frame)
    stream = running.stream()
    missing = set(range(1, COUNT + 1)) - set(ids(heard.frames))
    assert len(bad) == stream["corrupted"] == len(missing) > 40
    assert {first for first, _ in stream["corrupted_ids"]} == missing
    assert numbers(stream["gaps"]) | numbers(stream["missing_at_edges"]) == missing
    assert stream["sent"] == len(heard.frames) == COUNT


@pytest.mark.parametrize("value", ["50", "50@1000"])
async def test_a_gap_is_a_run_of_one_stream(value: str) -> None:
    async with serving(tape(COUNT), f"gap={value}", seed=5) as running:
        got = ids((await listen(running.url + BTC)).frames)
    missing = sorted(set(range(1, COUNT + 1)) - set(got))
    assert missing == list(range(missing[0], missing[0] + 50))
    assert value == "50" or missing[0] == 1000
    assert running.stream()["gaps"] == [[missing[0], missing[-1]]]


async def test_faults_together_leave_an_account_that_balances() -> None:
    faults = ("drop=1%", "duplicate=1%", "reorder=1%", "corrupt=1%", "gap=9", "disconnect=2")
    async with serving(tape(COUNT, ("BTCUSDT", "ETHUSDT")), *faults) as running:
        frames = [frame for one in await heard_until_the_end(running) for frame in one.frames]
    stream = running.stream()
    missing = set(range(1, COUNT + 1)) - set(ids(frames))
    assert numbers(stream["gaps"]) | numbers(stream["missing_at_edges"]) == missing
    assert stream["sent"] == len(frames) == stream["distinct_sent"] + stream["duplicated"]
    assert stream["tape_frames"] == stream["distinct_sent"] + stream["dropped"]
    other = running.stream("ethusdt@trade")
    assert (other["sent"], other["dropped"], other["not_sent"]) == (0, 0, COUNT)


async def test_the_same_seed_makes_the_same_faults(tmp_path: Path) -> None:
    ledgers = []
    for seed in (7, 7, 8):
        async with serving(tape(500), "drop=5%", "reorder=5%", seed=seed) as running:
            await listen(running.url + BTC)
        ledgers.append(faults_of(running, tmp_path))
    assert ledgers[0] == ledgers[1] != ledgers[2]


@pytest.mark.parametrize(
    ("fault", "code"),
    [("disconnect=3", 1001), ("disconnect=1@2000:1012", 1012), ("disconnect_abrupt=3", 1006)],
)
async def test_a_disconnect_loses_nothing(fault: str, code: int, tmp_path: Path) -> None:
    async with serving(tape(COUNT), fault) as running:
        heard = await heard_until_the_end(running)
    got = [number for one in heard for number in ids(one.frames)]
    assert got == list(range(1, COUNT + 1))
    breaks = faults_of(running, tmp_path)
    assert [one.code for one in heard[: len(breaks)]] == [code] * len(breaks)
    assert len(breaks) == (1 if "@" in fault else 3)
    assert [line["frame"] for line in breaks] == [
        sum(len(one.frames) for one in heard[: count + 1]) + 1 for count in range(len(breaks))
    ]
    assert running.stream()["gaps"] == []


async def test_an_abrupt_end_waits_for_a_slow_reader_that_still_talks() -> None:
    before = 12_000
    async with serving(tape(before + 10), f"disconnect_abrupt=1@{before + 1}") as running:
        host, port = running.url.removeprefix("ws://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 12)
        await raw_handshake(reader, writer, BTC)
        while running.stream()["sent"] < before:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
        # The end is announced and most of the frames are still on the server's side.
        for _ in range(3):
            writer.write(MASKED_PING)
            await writer.drain()
            await asyncio.sleep(0.05)
        got = await reader.read(-1)
        writer.close()
        # What is left of the tape goes to the next connection.
        await listen(running.url + BTC)
    assert got.count(b'"e":"trade"') == before
    assert b'"t":%d,' % before in got


async def test_a_reset_loses_at_most_what_the_ledger_calls_in_flight(tmp_path: Path) -> None:
    async with serving(tape(COUNT), "reset=1@2000") as running:
        heard = await heard_until_the_end(running)
    (line,) = faults_of(running, tmp_path)
    before = ids(heard[0].frames)
    assert heard[0].code == 1006
    assert line["sent"] == 1_999
    assert before == list(range(1, len(before) + 1))
    assert 1_999 - line["in_flight"] <= len(before) <= 1_999
    assert [number for one in heard[1:] for number in ids(one.frames)] == list(
        range(2_000, COUNT + 1)
    )


async def test_a_half_open_connection_is_silent_and_the_next_gets_the_rest() -> None:
    async with serving(tape(COUNT), "half_open=1@1000") as running:
        async with connect(running.url + BTC, max_queue=None, close_timeout=0.2) as client:
            first = Heard()
            await read_all(client, first, quiet_s=0.3)
            assert ids(first.frames) == list(range(1, 1_000))
            pong = await client.ping()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(pong, 0.3)
            second = await listen(running.url + BTC)
        assert ids(second.frames) == list(range(1_000, COUNT + 1))
        await running.outcome()


async def test_an_acknowledged_connection_can_stay_without_data() -> None:
    async with serving(tape(COUNT), "ack_without_data=2") as running:
        async with connect(running.url + "/ws", max_queue=None) as client:
            await client.send('{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}')
            first = Heard()
            await read_all(client, first, quiet_s=0.3)
        assert first.frames == [b'{"result":null,"id":1}']
        assert (await listen(running.url + BTC, quiet_s=0.3)).frames == []
        third = await listen(running.url + BTC)
    assert ids(third.frames) == list(range(1, COUNT + 1))


async def test_a_shutdown_is_announced_and_nothing_is_lost(tmp_path: Path) -> None:
    frames = tape(COUNT, step_ns=200_000)
    async with serving(frames, "shutdown=1@1000:0.2", speed=1.0) as running:
        heard = await heard_until_the_end(running)
    first = heard[0].frames
    notice = b'{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1723161255199}}'
    assert first.index(notice) == 999
    assert heard[0].code == 1001
    assert len(first) > 1_200
    got = [orjson.loads(frame)["data"].get("t") for one in heard for frame in one.frames]
    assert [number for number in got if number] == list(range(1, COUNT + 1))
    assert running.simulator.ledger.summary()["control_by_kind"] == {"server_shutdown": 1}
    assert faults_of(running, tmp_path)[0]["closes_after_s"] == 0.2


async def test_only_the_oldest_connection_is_cut() -> None:
    frames = tape(COUNT, step_ns=200_000)
    async with serving(frames, "disconnect=1@2000", speed=1.0, clients=2) as running:
        first, second = await asyncio.gather(*(listen(running.url + BTC) for _ in range(2)))
    assert {len(first.frames), len(second.frames)} == {1_999, COUNT}


async def test_the_ledger_names_every_connection(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    async with serving(tape(COUNT), "disconnect=1@2000") as running:
        await heard_until_the_end(running)
        running.simulator.ledger.write(path)
    lines = [line for line in read_ledger(path) if line["type"] == "connection"]
    assert [line["sent"] for line in lines] == [1_999, COUNT - 1_999]
    assert [line["in_flight"] for line in lines] == [0, 0]
    assert [line["ended_by"] for line in lines] == ["fault", "end"]
    assert not path.with_name("ledger.jsonl.part").exists()


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    (tmp_path / "l").write_text('{"type":"fault"}\n')
    with pytest.raises(TapelineError, match="does not end in a summary"):
        read_ledger(tmp_path / "l")
    (tmp_path / "l").write_text('{"type":"summary","ledger_version":9}\n')
    with pytest.raises(TapelineError, match="version 9, expected 1"):
        read_ledger(tmp_path / "l")


@pytest.mark.parametrize(
    "text",
    [
        *("dorp=1", "drop", "drop=2", "drop=-1%", "drop=x", "gap=x", "gap=1:5"),
        *("disconnect=1:1005", "disconnect=2@5", "reset=1@0", "ack_without_data=1@4"),
        "half_open=1.5",
    ],
)
def test_a_wrong_fault_is_refused(text: str) -> None:
    with pytest.raises(ArgumentError):
        parse_fault(text)


def test_the_help_names_every_fault() -> None:
    assert all(f"  {kind}=" in fault_help() for kind in FaultKind)
