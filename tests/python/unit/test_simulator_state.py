"""The books that the simulator's snapshots are made of."""

import zlib
from typing import Any

import orjson

from tapeline.simulator.reel import Reel
from tapeline.simulator.registry import venue
from tapeline.simulator.timeline import Timeline
from tapeline.tape import TapeFrame
from tests.python.contract.venue_tapes import binance, okx


def timeline(of: tuple[str, str], frames: list[TapeFrame]) -> Timeline:
    market = venue(*of)
    reel = Reel(market)
    reel.append(frames)
    return Timeline(reel, market)


def depth(tape: Timeline, prefix: str = "/api/v3") -> dict[str, Any]:
    reply = tape.venue.reply(f"{prefix}/depth?symbol=BTCUSDT&limit=1000", tape)
    assert reply.status == 200
    found: dict[str, Any] = orjson.loads(reply.body)
    return found


def test_a_snapshot_older_than_the_diffs_before_it_is_brought_up_to_date() -> None:
    frames = binance("spot", 50).frames
    moved = [*frames[1:21], frames[0], *frames[21:]]
    straight, late = timeline(("binance", "spot"), frames), timeline(("binance", "spot"), moved)
    for position in (20, 35, 50):
        straight.position = late.position = position
        assert depth(straight) == depth(late)


def test_before_and_behind_a_hole_the_answer_is_the_tapes_next_snapshot() -> None:
    frames = binance("usdm", 50).frames
    whole = timeline(("binance", "usdm"), frames)
    whole.position = 40
    later = depth(whole, "/fapi/v1")
    reply = TapeFrame(None, frames[0].url, "http", orjson.dumps(later))
    holed = timeline(("binance", "usdm"), [*frames[:20], *frames[25:41], reply, *frames[41:]])
    holed.position = 18
    assert depth(holed, "/fapi/v1")["lastUpdateId"] < later["lastUpdateId"]
    for position in (25, 35):
        holed.position = position
        assert depth(holed, "/fapi/v1") == later
    holed.position = whole.position = len(holed.reel)
    whole.position = len(whole.reel)
    assert depth(holed, "/fapi/v1") == depth(whole, "/fapi/v1")


def test_a_checksum_is_made_where_the_recording_has_live_ones() -> None:
    frames = okx(3).frames
    text = b"99.0:1.00:101.0:1.50:98.5:2.00:101.5:0.50"
    signed = int.from_bytes(zlib.crc32(text).to_bytes(4, "big"), "big", signed=True)
    for number, expected in ((0, 0), (12, signed)):
        lines = []
        for frame in frames:
            message = orjson.loads(frame.raw)
            message["data"][0]["checksum"] = number
            lines.append(frame._replace(raw=orjson.dumps(message)))
        tape = timeline(("okx", "swap"), lines)
        tape.position = 1
        state = tape.state("books:BTC-USDT-SWAP")
        assert state is not None
        greeting = state.greeting()
        assert greeting is not None
        (element,) = orjson.loads(greeting)["data"]
        assert element["checksum"] == expected


def test_tapes_can_start_together() -> None:
    one, two = okx(10).frames, okx(10).frames
    market = venue("okx", "swap")
    reel = Reel(market)
    shifted = [frame._replace(recv_ns=(frame.recv_ns or 0) + 10**15 + 500_000) for frame in two]
    reel.append_merged([one, shifted])
    assert list(reel.times_ns) == sorted(reel.times_ns)
    assert reel.frames == [frame.raw for pair in zip(one, two, strict=True) for frame in pair]
