"""The archive of raw frames gives back every byte, or says which it cannot."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tapeline.apps.cli import main
from tapeline.errors import StoreFormatError, StoreUnavailableError
from tapeline.storage.archive.place import LocalPlace
from tapeline.storage.rawframes.archive import RawArchive, recordings_in
from tapeline.storage.rawframes.blocks import HEADER_BYTES, Numbered, pack, unpack
from tapeline.storage.rawframes.layout import BlockPlace, Recording, recording_path
from tapeline.tape import TapeFrame, TapeReader, TapeWriter
from tests.python.contract.test_parquet_store import file_size_limit

AUGUST_NS = 1_723_161_255_000_000_000
URL = "wss://stream.binance.com:9443/stream"


def frame(number: int, channel: str = "trade", recv_ns: int | None = None) -> TapeFrame:
    raw = json.dumps(
        {
            "stream": f"btcusdt@{channel}",
            "data": {"e": channel, "E": 1723161255208 + number, "t": number, "p": f"{number}.10"},
        }
    )
    return TapeFrame(
        AUGUST_NS + number * 1_000_003 if recv_ns is None else recv_ns, URL, "ws", raw.encode()
    )


def session(count: int) -> list[TapeFrame]:
    """Two channels in turn, a REST reply, a frame without a time and one that is not UTF-8."""
    frames = [frame(number, ("trade", "depth")[number % 2]) for number in range(count)]
    frames.insert(
        5, TapeFrame(AUGUST_NS, "https://api.binance.com/api/v3/depth?s=1", "http", b"{}")
    )
    frames.insert(9, frame(9)._replace(recv_ns=None))
    frames.insert(11, TapeFrame(-5, URL, "ws", b"\xff\x00{"))
    return frames


def capture(path: Path, frames: list[TapeFrame]) -> Path:
    with TapeWriter(path) as writer:
        for each in frames:
            writer.write(each)
    return path


def add(root: Path, tape: Path, *, block_bytes: int = 8192) -> Recording:
    place = LocalPlace(root)
    with place.working() as working:
        archive = RawArchive(place, working)
        recording, _ = archive.add(
            tape, TapeReader(tape).__iter__, "binance", block_bytes=block_bytes
        )
    return recording


def frames_in(
    root: Path, start_ns: int | None = None, end_ns: int | None = None
) -> tuple[list[TapeFrame], list[str]]:
    damages: list[str] = []
    found = [
        each
        for _, reader in recordings_in(LocalPlace(root), damages.append)
        for each in reader.frames(start_ns, end_ns)
    ]
    return found, damages


def blocks_of(root: Path) -> list[BlockPlace]:
    ((_, reader),) = recordings_in(LocalPlace(root), print)
    return reader.blocks()


def test_every_frame_comes_back_in_its_order_with_its_time(tmp_path: Path) -> None:
    frames = session(4000)
    recording = add(tmp_path / "a", capture(tmp_path / "s.jsonl.gz", frames))
    assert frames_in(tmp_path / "a") == (frames, [])
    assert recording.frames == len(frames)
    assert recording.raw_bytes == sum(len(each.raw) for each in frames)
    # Trades and depth each have a dictionary, the rest is too little for one.
    assert len(recording.dictionaries) == 2
    assert recording.bytes * 4 < recording.raw_bytes
    channels = {block.channel for block in blocks_of(tmp_path / "a")}
    assert channels == {"trade", "depth", "other", "http-depth"}


def test_a_stretch_of_time_reads_only_the_blocks_it_touches(tmp_path: Path) -> None:
    frames = session(4000)
    add(tmp_path / "a", capture(tmp_path / "s.jsonl", frames))
    start_ns, end_ns = AUGUST_NS + 10**9, AUGUST_NS + 2 * 10**9
    path = next((tmp_path / "a/raw/binance").rglob("*.tlraw"))
    content = bytearray(path.read_bytes())
    for block in blocks_of(tmp_path / "a"):
        touches = block.first_ns is not None and block.last_ns is not None
        if not touches or block.first_ns >= end_ns or block.last_ns < start_ns:  # type: ignore[operator]
            content[block.offset + HEADER_BYTES] ^= 0xFF
    path.write_bytes(content)
    found, damages = frames_in(tmp_path / "a", start_ns, end_ns)
    expected = [each for each in frames if each.recv_ns and start_ns <= each.recv_ns < end_ns]
    assert (found, damages) == (expected, [])


def test_a_damaged_block_is_named_and_all_others_are_read(tmp_path: Path) -> None:
    frames = session(4000)
    recording = add(tmp_path / "a", capture(tmp_path / "s.jsonl", frames))
    path = tmp_path / "a" / recording.path
    content = bytearray(path.read_bytes())
    block = blocks_of(tmp_path / "a")[3]
    content[block.offset + HEADER_BYTES + 7] ^= 1
    path.write_bytes(content)
    found, (damage,) = frames_in(tmp_path / "a")
    assert len(found) == len(frames) - block.frames
    assert set(found) <= set(frames)
    assert f"the block at byte {block.offset} ({block.channel}, {block.frames} frames" in damage
    assert "its checksum does not match" in damage


def test_without_its_index_a_recording_is_read_block_by_block(tmp_path: Path) -> None:
    frames = session(2000)
    recording = add(tmp_path / "a", capture(tmp_path / "s.jsonl", frames))
    path = tmp_path / "a" / recording.path
    path.write_bytes(path.read_bytes()[:-3])
    found, (damage,) = frames_in(tmp_path / "a")
    assert found == frames
    assert "the index is damaged" in damage


def test_a_missing_dictionary_is_named(tmp_path: Path) -> None:
    add(tmp_path / "a", capture(tmp_path / "s.jsonl", session(4000)))
    gone = next((tmp_path / "a/raw/dictionaries").glob("binance-trade-*"))
    gone.unlink()
    found, damages = frames_in(tmp_path / "a")
    assert found
    assert all(gone.name in damage and "missing" in damage for damage in damages)


def test_a_dictionary_is_trained_once_and_never_changed(tmp_path: Path) -> None:
    add(tmp_path / "a", capture(tmp_path / "s.jsonl", session(4000)))
    folder = tmp_path / "a/raw/dictionaries"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    other = [frame(number, ("trade", "depth")[number % 2]) for number in range(9000, 13000)]
    add(tmp_path / "a", capture(tmp_path / "t.jsonl", other))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    found, damages = frames_in(tmp_path / "a")
    assert (len(found), damages) == (8003, [])


def test_a_capture_that_is_there_is_not_written_again(tmp_path: Path) -> None:
    tape = capture(tmp_path / "s.jsonl", session(50))
    recording = add(tmp_path / "a", tape)
    path = tmp_path / "a" / recording.path
    before = path.stat().st_mtime_ns
    assert add(tmp_path / "a", tape) == recording
    assert path.stat().st_mtime_ns == before
    # Another one of the same name has a place of its own.
    other = add(tmp_path / "a", capture(tmp_path / "s.jsonl", session(60)))
    assert other.path != recording.path
    assert len(frames_in(tmp_path / "a")[0]) == 53 + 63


def test_a_full_disk_leaves_the_archive_as_it_was(tmp_path: Path) -> None:
    chance = random.Random(2)
    frames = [
        frame(place)._replace(raw=chance.randbytes(500).hex().encode()) for place in range(90)
    ]
    tape = capture(tmp_path / "s.jsonl", frames)
    with file_size_limit(20_000), pytest.raises(StoreUnavailableError, match="cannot write"):
        add(tmp_path / "a", tape)
    assert not list((tmp_path / "a").rglob("*.tlraw"))
    assert add(tmp_path / "a", tape).frames == 90


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.builds(
            TapeFrame,
            st.none() | st.integers(-(2**63), 2**63 - 1),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
            st.sampled_from(["ws", "http"]),
            st.binary(max_size=300),
        ),
        min_size=1,
        max_size=20,
    ),
    st.integers(0, 2**31),
)
def test_any_frames_come_out_of_a_block_as_they_went_in(
    frames: list[TapeFrame], first: int
) -> None:
    numbered = [Numbered(first + 3 * place, each) for place, each in enumerate(frames)]
    assert unpack(pack(numbered), None) == numbered


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_block_with_any_change_is_refused_or_the_same(data: st.DataObject) -> None:
    numbered = [Numbered(place, frame(place)) for place in range(5)]
    content = bytearray(pack(numbered))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    try:
        found = unpack(bytes(content), None)
    except StoreFormatError:
        return
    # What is left is the header's spare bytes, the dictionary's id and the first number.
    assert [each.frame for each in found] == [each.frame for each in numbered]


def test_a_name_never_leaves_the_archive() -> None:
    path = recording_path("../x", "202408", "../../etc/passwd.jsonl", "ab" * 32)
    assert path == "raw/_x/202408/_.._etc_passwd-abababab.tlraw"


def test_the_commands_pack_print_and_restore(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    tape = capture(tmp_path / "s.jsonl", session(300))
    archive = str(tmp_path / "a")

    def command(*words: str) -> int:
        with pytest.raises(SystemExit) as ended:
            main(["archive", *words])
        return int(str(ended.value.code))

    assert command("raw", str(tape), "--out", archive) == 0
    said = capfdbinary.readouterr().out.decode()
    assert "zstd 10, blocks, dictionary (archive)" in said
    assert command("cat", archive) == 0
    assert capfdbinary.readouterr().out == tape.read_bytes()
    (tmp_path / "back").mkdir()
    assert command("raw", str(tmp_path / "back/s.jsonl"), "--out", archive, "--restore") == 0
    assert (tmp_path / "back/s.jsonl").read_bytes() == tape.read_bytes()
    path = next((tmp_path / "a").rglob("*.tlraw"))
    content = bytearray(path.read_bytes())
    content[60] ^= 1
    path.write_bytes(content)
    capfdbinary.readouterr()
    assert command("cat", archive) == 1
    assert b"is damaged" in capfdbinary.readouterr().err
    assert command("stats", archive, "--check") == 1
