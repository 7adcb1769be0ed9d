"""The recorded captures: where they are, and what the tests need of them."""

import gzip
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from tests.python.reference.schema import ROOT

FOLDER: Final = Path(
    os.environ.get("TAPELINE_CAPTURES", ROOT.parent / "shared" / "captures")
).resolve()
_INSTRUMENTS: Final = "binance_instruments.jsonl.gz"


class Frame(NamedTuple):
    """A frame and when it was received, Unix UTC nanoseconds."""

    raw: bytes
    received_ns: int | None


def need_captures() -> None:
    """Skip the module without captures; fail instead where CI has them beside the project."""
    if FOLDER.is_dir():
        return
    reason = f"no captures in {FOLDER} (set TAPELINE_CAPTURES)"
    if os.environ.get("CI") and (ROOT.parent / "shared").is_dir():
        pytest.fail(reason)
    pytest.skip(reason, allow_module_level=True)


@cache
def frames(name: str) -> list[Frame]:
    """Return the WebSocket frames of a recording."""
    return [
        Frame(line["raw"].encode(), line["recv_ns"])
        for line in _lines(name)
        if line["kind"] == "ws"
    ]


@cache
def instruments() -> dict[str, str]:
    """Return the spot instruments of the recorded exchangeInfo replies."""
    listed = {}
    for line in _lines(_INSTRUMENTS):
        if "/api/v3/exchangeInfo" in line["url"]:
            for item in json.loads(line["raw"])["symbols"]:
                listed[item["symbol"]] = f"{item['baseAsset']}/{item['quoteAsset']}"
    return listed


def _lines(name: str) -> Iterator[dict[str, Any]]:
    path = FOLDER / name
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    for line in content.splitlines():
        yield json.loads(line)
