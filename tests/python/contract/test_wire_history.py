"""Every released batch decodes for ever, and the proto files break no released reader."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorSet

from tapeline.wire.native import inspect
from tests.fixtures.wire.make_golden import FOLDER, message_of, rows_of
from tests.fixtures.wire.samples import GOLDEN, value_of
from tests.python.reference.wire_verdict import fault_of
from tests.wire_breaking import breaking_changes

ROOT: Final = Path(__file__).resolve().parents[3]
BASELINE: Final = ROOT / "proto" / "baseline" / "v1.binpb"
FILES: Final = sorted(FOLDER.glob("*.binpb"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_released_batch_decodes(path: Path) -> None:
    value = path.read_bytes()
    expected = json.loads(path.with_suffix(".expected.json").read_text())
    assert message_of(value) == expected["message"]
    assert rows_of(value) == expected["rows"]
    assert inspect(value).event_count == expected["message"]["event_count"]
    assert fault_of(value) == ""


@pytest.mark.parametrize("name", GOLDEN)
def test_todays_writer_gives_the_released_bytes(name: str) -> None:
    assert (FOLDER / f"{name}.binpb").read_bytes() == value_of(GOLDEN[name]())


def test_the_generated_python_code_is_current() -> None:
    command = [sys.executable, str(ROOT / "proto" / "gen.py"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def baseline() -> FileDescriptorSet:
    return FileDescriptorSet.FromString(BASELINE.read_bytes())


def today() -> FileDescriptorSet:
    from google.protobuf import descriptor_pool

    pool = descriptor_pool.Default()
    result = FileDescriptorSet()
    for path in sorted((ROOT / "proto" / "tapeline" / "market" / "v1").glob("*.proto")):
        file = pool.FindFileByName(str(path.relative_to(ROOT / "proto")))
        file.CopyToProto(result.file.add())
    return result


def test_the_proto_files_break_no_released_reader() -> None:
    assert breaking_changes(baseline(), today()) == []


def trade_field(files: FileDescriptorSet, name: str) -> FieldDescriptorProto:
    return next(
        field
        for file in files.file
        for message in file.message_type
        if message.name == "Trade"
        for field in message.field
        if field.name == name
    )


def remove_side(files: FileDescriptorSet, *, is_reserved: bool) -> None:
    for file in files.file:
        for message in file.message_type:
            if message.name == "Trade":
                del message.field[2]
                if is_reserved:
                    message.reserved_range.add(start=3, end=4)
                    message.reserved_name.append("side")


def rename_enum_value(files: FileDescriptorSet) -> None:
    for file in files.file:
        for enum in file.enum_type:
            if enum.name == "Side":
                enum.value[1].name = "SIDE_BID"


def drop_presence(files: FileDescriptorSet) -> None:
    for file in files.file:
        for message in file.message_type:
            if message.name == "MarketEvent":
                field = next(field for field in message.field if field.name == "received_ns")
                field.proto3_optional = False
                field.ClearField("oneof_index")


MUTATIONS: Final[dict[str, tuple[Callable[[FileDescriptorSet], object], str]]] = {
    "type": (
        lambda files: setattr(trade_field(files, "side"), "type", FieldDescriptorProto.TYPE_INT64),
        "Trade field 3 (side): type",
    ),
    "number": (
        lambda files: setattr(trade_field(files, "side"), "number", 4),
        "Trade field 3 (side): removed",
    ),
    "name": (
        lambda files: setattr(trade_field(files, "side"), "name", "taker"),
        "Trade field 3 (side): name",
    ),
    "label": (
        lambda files: setattr(
            trade_field(files, "side"), "label", FieldDescriptorProto.LABEL_REPEATED
        ),
        "Trade field 3 (side): label",
    ),
    "removed": (
        lambda files: remove_side(files, is_reserved=False),
        "Trade field 3 (side): removed",
    ),
    "enum value": (rename_enum_value, "Side value 1 (SIDE_BUY)"),
    "presence": (drop_presence, "MarketEvent field 4 (received_ns): presence"),
    "message": (lambda files: files.file[0].ClearField("message_type"), "removed"),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_breaking_change_is_found(name: str) -> None:
    mutate, expected = MUTATIONS[name]
    changed = baseline()
    mutate(changed)
    assert any(expected in found for found in breaking_changes(baseline(), changed))


def test_a_removed_field_that_is_reserved_and_a_new_field_are_fine() -> None:
    changed = baseline()
    remove_side(changed, is_reserved=True)
    changed.file[0].message_type[0].field.add(name="new", number=900, type=9, label=1)
    assert breaking_changes(baseline(), changed) == []


def test_a_number_that_was_given_up_is_not_used_again() -> None:
    before = baseline()
    remove_side(before, is_reserved=True)
    assert any("3 was reserved" in found for found in breaking_changes(before, baseline()))
