import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapeline.errors import TapeError
from tapeline.tape import (
    Kind,
    TapeFrame,
    TapeReader,
    TapeWriter,
    format_line,
    parse_line,
    read_tapes,
)

FRAME = TapeFrame(1_723_161_255_343_000_001, "wss://host/stream", "ws", b'{"e":"trade"}')

frames = st.builds(
    TapeFrame,
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(["ws", "http"]),
    st.binary(max_size=60) | st.text(st.characters(exclude_categories=["Cs"])).map(str.encode),
)


def written(path: Path, tape: list[TapeFrame]) -> Path:
    with TapeWriter(path) as writer:
        for frame in tape:
            writer.write(frame)
    return path


@given(frames)
def test_a_frame_survives_its_line_byte_for_byte(frame: TapeFrame) -> None:
    line = format_line(frame)
    assert line.count(b"\n") == 1
    assert parse_line(line) == frame


@settings(max_examples=30)
@given(tape=st.lists(frames, max_size=30), is_packed=st.booleans())
def test_a_tape_reads_back_as_it_was_written(
    tape: list[TapeFrame], is_packed: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("tape") / ("t.jsonl.gz" if is_packed else "t.jsonl")
    reader = TapeReader(written(path, tape))
    assert list(reader) == tape
    assert list(reader) == tape
    assert reader.warnings == []


def test_a_line_has_the_four_keys_in_order() -> None:
    line = format_line(FRAME)
    assert line == (
        b'{"recv_ns":1723161255343000001,"url":"wss://host/stream","kind":"ws",'
        b'"raw":"{\\"e\\":\\"trade\\"}"}\n'
    )


def test_a_frame_that_is_not_utf8_keeps_its_bytes_in_a_fifth_key() -> None:
    record = json.loads(format_line(FRAME._replace(raw=b"a\xff")))
    assert list(record) == ["recv_ns", "url", "kind", "raw", "raw_b64"]
    assert record["raw"] == "a�"
    assert base64.b64decode(record["raw_b64"]) == b"a\xff"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not a JSON object"),
        ("[]", "expected a JSON object, found list"),
        ('{"recv_ns":1,"url":"u","kind":"ws"}', "key 'raw' is missing"),
        ('{"recv_ns":1.5,"url":"u","kind":"ws","raw":""}', "recv_ns must be an integer or null"),
        ('{"recv_ns":true,"url":"u","kind":"ws","raw":""}', "recv_ns must be an integer or null"),
        ('{"recv_ns":9223372036854775808,"url":"u","kind":"ws","raw":""}', "must fit 64 bits"),
        ('{"recv_ns":1,"url":null,"kind":"ws","raw":""}', "url must be text"),
        ('{"recv_ns":1,"url":"u","kind":"tcp","raw":""}', "kind must be 'ws' or 'http'"),
        ('{"recv_ns":1,"url":"u","kind":"ws","raw":{}}', "raw must be text, was dict"),
        ('{"recv_ns":1,"url":"u","kind":"ws","raw":"","raw_b64":"?"}', "raw_b64 is not base64"),
    ],
)
def test_a_malformed_line_is_named_by_file_and_number(line: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(format_line(FRAME) + line.encode() + b"\n" + format_line(FRAME))
    reader = iter(TapeReader(path))
    assert next(reader) == FRAME
    with pytest.raises(TapeError) as caught:
        next(reader)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert said in str(caught.value)


def test_a_torn_last_line_is_a_warning(tmp_path: Path) -> None:
    whole = format_line(FRAME)
    for length in range(1, len(whole) - 1):
        path = tmp_path / "t.jsonl"
        path.write_bytes(whole + whole[:length])
        reader = TapeReader(path)
        assert list(reader) == [FRAME]
        assert [(warning.line, warning.path) for warning in reader.warnings] == [(2, str(path))]
        assert f"torn after {length} bytes" in str(reader.warnings[0])


def test_a_last_line_without_line_feed_is_whole_if_it_parses(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(format_line(FRAME)[:-1])
    reader = TapeReader(path)
    assert list(reader) == [FRAME]
    assert reader.warnings == []


def test_a_gzip_tape_without_its_end_gives_what_was_flushed(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl.gz"
    writer = TapeWriter(path, flush_every=1)
    for number in range(50):
        writer.write(FRAME._replace(recv_ns=number))
    reader = TapeReader(path.with_name("t.jsonl.gz.part"))
    assert [frame.recv_ns for frame in reader] == list(range(50))
    assert "ends before its end mark" in reader.warnings[0].reason
    assert not path.exists()
    writer.close()
    assert len(list(TapeReader(path))) == 50


def test_joined_gzip_tapes_read_as_one(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl.gz"
    path.write_bytes(gzip.compress(format_line(FRAME)) * 3)
    reader = TapeReader(path)
    assert list(reader) == [FRAME] * 3
    assert reader.warnings == []


def test_damaged_gzip_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl.gz"
    packed = bytearray(gzip.compress(format_line(FRAME) * 100))
    packed[20] ^= 0xFF
    path.write_bytes(packed)
    with pytest.raises(TapeError, match=r"t\.jsonl\.gz:"):
        list(TapeReader(path))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda tape: b"\xef\xbb\xbf" + tape,
        lambda tape: tape.replace(b"\n", b"\r\n"),
        lambda tape: tape.replace(b"\n", b"\n\n \r\n"),
        lambda tape: tape + b"\n\n  ",
        lambda tape: b"\xef\xbb\xbf\n" + tape,
    ],
)
def test_what_an_editor_adds_is_passed_over(
    spoil: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(spoil(format_line(FRAME) * 3))
    reader = TapeReader(path)
    assert list(reader) == [FRAME] * 3
    assert reader.warnings == []


@pytest.mark.parametrize("content", [b"hello", b"PAR1\x15\x04", b"[1, 2]", b"\xef\xbb\xbfhello"])
def test_a_file_that_does_not_begin_like_a_tape_is_no_torn_tape(
    content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(content)
    with pytest.raises(TapeError, match=r"t\.jsonl:1: "):
        list(TapeReader(path))


def test_a_missing_tape_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TapeError, match="cannot read the tape"):
        list(TapeReader(tmp_path / "none.jsonl"))


def test_an_exception_leaves_the_part_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"

    def fail() -> None:
        with TapeWriter(path) as writer:
            writer.write(FRAME)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not path.exists()
    assert list(TapeReader(tmp_path / "t.jsonl.part")) == [FRAME]


def test_the_same_lines_give_the_same_gzip_bytes(tmp_path: Path) -> None:
    one, two = (written(tmp_path / name, [FRAME] * 9) for name in ("a.jsonl.gz", "b.jsonl.gz"))
    assert one.read_bytes() == two.read_bytes()


def test_tapes_follow_each_other(tmp_path: Path) -> None:
    kinds: list[Kind] = ["ws", "http"]
    paths = [written(tmp_path / f"{kind}.jsonl", [FRAME._replace(kind=kind)]) for kind in kinds]
    assert [frame.kind for frame in read_tapes(paths)] == kinds
