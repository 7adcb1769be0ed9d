"""The hostile batches of rows P01 to P15, read by Rust and judged by plain Python."""

import json

import pytest

from tapeline.errors import DecodeError
from tapeline.wire.native import decode
from tests.corpus.wire_rows import FOLDER, MANIFEST, manifest, named_cases
from tests.fixtures.wire.samples import trades, value_of
from tests.python.reference.wire_verdict import fault_of

CASES = named_cases()


def rust_fault(value: bytes) -> str:
    rejected = decode([value], errors="collect").rejected
    return rejected[0][1] if rejected else ""


@pytest.mark.parametrize("name", CASES)
def test_a_case_ends_as_it_must(name: str) -> None:
    case = CASES[name]
    found = rust_fault(case.value)
    assert bool(found) == bool(case.error), found
    assert case.error in f" {found} "


@pytest.mark.parametrize("name", CASES)
def test_plain_python_gives_the_same_verdict(name: str) -> None:
    value = CASES[name].value
    assert bool(fault_of(value)) == bool(rust_fault(value))


def test_the_committed_files_are_those_of_the_recipes() -> None:
    committed = json.loads(MANIFEST.read_text())
    assert committed == manifest()
    for entry in committed:
        if entry["file"]:
            assert (FOLDER / entry["file"]).read_bytes() == CASES[entry["name"]].value


def test_every_row_has_a_case() -> None:
    assert {case.row for case in CASES.values()} == {f"P{row:02}" for row in range(1, 16)}


def test_no_prefix_of_a_batch_is_a_batch() -> None:
    value = value_of(trades())
    prefixes = [value[:end] for end in range(len(value))]
    assert len(decode(prefixes, errors="collect").rejected) == len(value)
    assert all(fault_of(prefix) for prefix in prefixes)


def test_no_flipped_bit_stays_unseen() -> None:
    value = value_of(trades())
    flipped = [
        value[: bit // 8] + bytes([value[bit // 8] ^ 1 << bit % 8]) + value[bit // 8 + 1 :]
        for bit in range(len(value) * 8)
    ]
    assert len(decode(flipped, errors="collect").rejected) == len(flipped)


def test_an_unknown_enum_value_is_shown_as_its_number() -> None:
    notes = {case.note: case.value for case in CASES.values()}
    assert decode([notes["unknown quality 9"]]).to_arrow()["quality"].to_pylist() == ["9"]
    row = decode([notes["unknown side 7 and issue 99"]]).to_arrow().to_pylist()[0]
    assert (row["side"], row["issues"]) == ("7", ["99"])


def test_a_bad_value_is_named_by_its_index() -> None:
    good = value_of(trades())
    with pytest.raises(DecodeError, match=r"^value 2: empty batch$"):
        decode([good, good, b""])
    kept = decode([good, b"", good], errors="collect")
    assert (len(kept), kept.rejected) == (6, [(1, "empty batch")])
