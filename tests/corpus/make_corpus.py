"""Writes the corpus files and manifest.json from the rows.

Run ``python -m tests.corpus.make_corpus`` after a change of a row; a test holds the files equal to
the rows. The verdicts stand in the rows, written by hand; no implementation is asked for them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.corpus import rows_books, rows_fields, rows_messages, rows_sequences, rows_text
from tests.corpus import rows_markets as markets
from tests.corpus.building import RECEIVED_NS

FOLDER = Path(__file__).parent
INSTRUMENTS = {
    "BTCUSDT": "BTC/USDT",
    "ETHUSDT": "ETH/USDT",
    "USDCUSDT": "USDC/USDT",
    "1000SHIBUSDT": "1000SHIB/USDT",
    "币安人生USDT": "币安人生/USDT",
}
MARKET = "binance spot"


def make() -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """Return the manifest's cases and the files by their names."""
    rows = rows_text.CASES + rows_fields.CASES + rows_messages.CASES + rows_sequences.CASES
    rows += rows_books.CASES + markets.CASES
    rows.sort(key=lambda case: case["row"])
    numbers: Counter[str] = Counter()
    cases, files = [], {}
    for row in rows:
        numbers[row["row"]] += 1
        case, content = _describe(f"{row['row']}_{numbers[row['row']]}", row)
        cases.append(case)
        if content is not None:
            files[case["file"]] = content
    return cases, files


def manifest_text(cases: list[dict[str, Any]]) -> str:
    """Return manifest.json: one case a line, so that a change of one is a change of one line."""
    lines = ",\n".join(json.dumps(case, ensure_ascii=True) for case in cases)
    instruments = {MARKET: INSTRUMENTS, **markets.INSTRUMENTS}
    head = json.dumps({"instruments": instruments}, ensure_ascii=True)
    return f'{head[:-1]}, "cases": [\n{lines}\n]}}\n'


def _describe(name: str, row: dict[str, Any]) -> tuple[dict[str, Any], bytes | None]:
    case: dict[str, Any] = {"id": name, "row": row["row"], "file": None}
    case["market"] = row.get("market", MARKET)
    case["time_unit"] = row.get("time_unit", "ms")
    content = None
    if "tape" in row:
        case["file"] = f"{name}.jsonl"
        content = _tape(row["tape"])
    else:
        case["received_ns"] = row.get("received_ns", RECEIVED_NS)
        if "content" in row:
            content = row["content"]
            case["file"] = f"{name}.{'json' if _is_text(content) else 'bin'}"
    for key in ("recipe", "generate", "coverage", "gaps"):
        if key in row:
            case[key] = row[key]
    case["expected"] = row["expected"]
    case["note"] = row["note"]
    return case, content


def _is_text(content: bytes) -> bool:
    """Whether a file can be read and compared as text."""
    try:
        return bool(content) and content.decode().isprintable()
    except UnicodeDecodeError:
        return False


def _tape(frames: Sequence[tuple[str, int | None]]) -> bytes:
    """Return the frames in the tape format."""
    lines = [
        {"recv_ns": received_ns, "url": "synthetic:corpus", "kind": "ws", "raw": raw}
        for raw, received_ns in frames
    ]
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines).encode()


def main() -> None:
    """Write everything, and take away files of rows that are gone."""
    cases, files = make()
    for old in FOLDER.glob("J*_*.*"):
        if old.name not in files:
            old.unlink()
    for name, content in files.items():
        (FOLDER / name).write_bytes(content)
    (FOLDER / "manifest.json").write_text(manifest_text(cases), encoding="ascii")


if __name__ == "__main__":
    main()
