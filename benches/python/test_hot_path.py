"""The hot path from Python, for comparison with earlier runs of this machine.

A regression here means that a feed which fits one core today may not tomorrow. `orjson.loads` of
the same frames is measured beside it: when that got slower too, it was the machine.
"""

from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benches.python.frames import sample_tape
from tapeline.apps.bench import BATCH, RECEIVED_NS, new_normalizer, trade_frames
from tapeline.wire.native import decode

FRAMES = 10_000


@pytest.fixture(scope="session")
def frames() -> list[bytes]:
    return trade_frames(sample_tape(), FRAMES)


def test_orjson_loads(benchmark: BenchmarkFixture, frames: Sequence[bytes]) -> None:
    def parse() -> int:
        for frame in frames:
            orjson.loads(frame)
        return len(frames)

    assert benchmark(parse) == len(frames)


def test_push_in_batches_of_a_thousand(benchmark: BenchmarkFixture, frames: list[bytes]) -> None:
    def push() -> int:
        normalizer = new_normalizer()
        starts = range(0, len(frames), BATCH)
        return sum(normalizer.push(frames[at : at + BATCH], RECEIVED_NS).events for at in starts)

    assert benchmark(push) == len(frames)


def test_push_one_frame_a_call(benchmark: BenchmarkFixture, frames: list[bytes]) -> None:
    def push() -> int:
        normalizer = new_normalizer()
        return sum(normalizer.push(frame, RECEIVED_NS).events for frame in frames)

    assert benchmark(push) == len(frames)


def test_decode_to_arrow(benchmark: BenchmarkFixture, frames: list[bytes]) -> None:
    messages = new_normalizer().push(frames, RECEIVED_NS).messages
    values = [value for topic, _key, value in messages if topic.startswith("trade.")]

    assert len(benchmark(decode, values, event_type="trade")) == len(frames)


def test_a_named_capture_folder_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tape = tmp_path / "binance_spot_btcusdt_20200101.jsonl"
    tape.write_bytes(b"")
    monkeypatch.setenv("TAPELINE_CAPTURES", str(tmp_path))

    assert sample_tape() == tape
