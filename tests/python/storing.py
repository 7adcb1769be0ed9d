"""Messages to store, and what a Parquet store holds, read by its documented layout alone."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tapeline.cleaning.native import NativeNormalizer
from tapeline.model import Instrument
from tapeline.storage.ports import Message
from tapeline.transport.ports import Message as Sent
from tapeline.wire.native import decode

START_MS = 1_767_614_400_000
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")


def make_messages(
    trades: int, *, producer: str = "test-1", per_push: int = 60, first_id: int = 1
) -> list[Sent]:
    """Encode trades of three instruments: batches of one to twenty, coverage beside them."""
    normalizer = NativeNormalizer(
        exchange="binance",
        market="spot",
        instruments=[Instrument("binance", "spot", f"{name[:3]}/USDT", name) for name in SYMBOLS],
        producer=producer,
        stale_after_ns=0,
    )
    messages: list[Sent] = []
    for start in range(0, trades, per_push):
        places = range(start, min(start + per_push, trades))
        frames = [trade_frame(place, first_id) for place in places]
        stamps = [(START_MS + place) * 1_000_000 + 5_000_000 for place in places]
        messages += normalizer.push(frames, stamps, sent_ns=stamps[-1]).messages
    return messages


def trade_frame(place: int, first_id: int = 1) -> bytes:
    name = SYMBOLS[place % 3]
    # Neighbours of one instrument share a time now and then, and some come late.
    time_ms = START_MS + place - place % 7
    return json.dumps(
        {
            "stream": f"{name.lower()}@trade",
            "data": {
                "e": "trade",
                "E": time_ms,
                "s": name,
                "t": first_id + place // 3,
                "p": f"{100 + place % 50}.{place % 100:02d}000000",
                "q": f"0.{place % 9973 + 1:08d}",
                "T": time_ms,
                "m": place % 2 == 0,
                "M": True,
            },
        },
        separators=(",", ":"),
    ).encode()


def as_read(messages: Sequence[Sent]) -> list[Message]:
    """Number messages as a bus would."""
    following: dict[str, int] = {}
    found = []
    for topic, key, value in messages:
        offset = following.get(topic, 0)
        following[topic] = offset + 1
        found.append(Message(topic, 0, offset, key, value))
    return found


def decoded(messages: Sequence[Sent], event_type: str = "trade") -> pa.Table:
    """Decode each message once, whatever a store would do."""
    return decode([value for _, _, value in messages], event_type=event_type).to_arrow()


def log_of(root: Path) -> list[dict[str, Any]]:
    """Read the commits of a store, which must have no hole."""
    paths = sorted(path for path in (root / "_log").iterdir() if len(path.name) == 25)
    commits = [json.loads(path.read_text()) for path in paths]
    assert [commit["commit"] for commit in commits] == list(range(1, len(commits) + 1))
    return commits


def files_of(root: Path) -> dict[str, dict[str, Any]]:
    """Return what the log says of each file that it has added and not removed."""
    files: dict[str, dict[str, Any]] = {}
    for commit in log_of(root):
        for gone in commit["removed"]:
            del files[gone]
        files |= {fact["path"]: fact for fact in commit["added"]}
    return files


def committed(root: Path, event_type: str) -> int:
    """Count the rows of a type by the log alone, which may be that of a store being filled."""
    if not (root / "_log").is_dir():
        return 0
    return sum(fact["rows"] for fact in files_of(root).values() if fact["type"] == event_type)


def stored(root: Path, event_type: str = "trade", *, is_settled: bool = True) -> pa.Table:
    """Read the rows of a type, checking every file against what the log says of it.

    No writer may be at work: a file gets its name after the commit that counts it. One that was
    killed in between leaves that to the next: ``is_settled=False`` takes it as it is.
    """
    files = files_of(root)
    tables = []
    for path, fact in files.items():
        place = root / path
        if not is_settled and not place.exists():
            place = root / f"{path}.new"
        content = place.read_bytes()
        assert len(content) == fact["bytes"]
        assert hashlib.sha256(content).hexdigest() == fact["sha256"]
        if fact["type"] == event_type:
            table = pq.read_table(pa.BufferReader(content))
            assert table.num_rows == fact["rows"]
            tables.append(table)
    # A reader that knows nothing of the log sees the same files.
    seen = {path.relative_to(root).as_posix() for path in root.rglob("*.parquet")}
    assert seen == set(files) or not is_settled
    return pa.concat_tables(tables) if tables else pa.table({})


def ids(table: pa.Table) -> list[tuple[str, str]]:
    """Name every trade by instrument and the venue's id."""
    return (
        list(zip(table["raw_symbol"].to_pylist(), table["native_id"].to_pylist(), strict=True))
        if table.num_rows
        else []
    )
