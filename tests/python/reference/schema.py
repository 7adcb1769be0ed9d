"""The protobuf classes, built from proto/ by protoc: no generated code of the project is used."""

import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ROOT: Final = Path(__file__).resolve().parents[3]
PACKAGE: Final = "tapeline.market.v1"

MessageClass: TypeAlias = Any  # made at run time, so nothing is known of it beforehand


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    protoc = Path(sys.executable).parent / "protoc"
    files = sorted(str(path) for path in (ROOT / "proto").rglob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "tapeline.binpb"
        options = ["-I", str(ROOT / "proto"), "--include_imports"]
        subprocess.run(
            [str(protoc), *options, f"--descriptor_set_out={target}", *files], check=True
        )
        files_set = descriptor_pb2.FileDescriptorSet.FromString(target.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files_set.file:
        pool.Add(file)
    return pool


@cache
def message_class(name: str) -> MessageClass:
    """Return the class of a message of the package."""
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"{PACKAGE}.{name}"))


@cache
def enum_names(name: str, prefix: str) -> dict[int, str]:
    """Return number to lower-case name, without the prefix, of an enum of the package."""
    enum = _pool().FindEnumTypeByName(f"{PACKAGE}.{name}")
    return {value.number: value.name.removeprefix(prefix).lower() for value in enum.values}
