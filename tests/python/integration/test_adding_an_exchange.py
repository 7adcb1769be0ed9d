"""``docs/adding-an-exchange.md`` followed literally: folders and a line a language, no edit."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.python.integration.new_exchange import (
    DOCUMENT,
    MARKET,
    NAME,
    Copy,
    changes,
    copied,
    new_files,
)

# The first test waits for the build of the extension.
pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]

START_MS = 1_790_000_000_000
WHO = ("--exchange", NAME, "--market", MARKET)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return copied(tmp_path_factory.mktemp("repository"))


def test_a_line_a_language_is_all_that_was_edited(copy: Copy) -> None:
    shown = changes()
    assert {Path(file).suffix for file in shown} == {".py", ".rs"}
    for lines in shown.values():
        assert [line[0] for line in lines].count("+") == 1
    assert copy.run("git", "diff", "--name-only").split() == sorted(shown)
    added = copy.run("git", "ls-files", "--others", "--exclude-standard").split()
    assert added == [str(path) for path in new_files()]


def test_the_files_are_those_that_the_document_names() -> None:
    document = DOCUMENT.read_text("utf-8")
    section = document[document.index("\n## 2.") : document.index("\n## 3.")]
    cells = "".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE))
    named = set(re.findall(r"`(\w+\.\w+)`", cells))
    folder = f"python/tapeline/adapters/{NAME}/{MARKET}"
    written = {path.name for path in new_files() if str(path.parent) == folder}
    assert written - {"__init__.py"} == named
    for path in (
        f"python/tapeline/simulator/{NAME}/{MARKET}/venue.py",
        f"rust_core/src/adapters/{NAME}/{MARKET}/mod.rs",
        f"docs/exchanges/{NAME}-{MARKET}.md",
    ):
        assert Path(path) in new_files()
        shown, _, name = path.replace(NAME, "NAME").replace(MARKET, "MARKET").rpartition("/")
        assert f"`{shown}/`" in document or f"`{shown}/{name}`" in document, path


def test_its_code_passes_the_checks_of_the_project(copy: Copy) -> None:
    adapters = sorted((copy.folder / "rust_core/src/adapters").glob("*/mod.rs"))
    copy.run("rustfmt", "--edition", "2024", "--check", *adapters)
    copy.run("ruff", "check", "python")
    copy.run("ruff", "format", "--check", "python")
    copy.run("mypy", "python/tapeline/adapters", "python/tapeline/simulator")
    copy.run("lint-imports")


def test_what_is_checked_of_every_market_is_checked_of_it(copy: Copy) -> None:
    copy.run("python", "docs/gen_capabilities.py")
    assert f"## {NAME} {MARKET}" in (copy.folder / "docs/exchanges/capabilities.md").read_text()
    suites = ("capabilities", "dialects", "instruments", "market_tape")
    files = [f"tests/python/unit/test_{name}.py" for name in suites]
    copy.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *files)
    copy.run("git", "checkout", "--quiet", "docs/exchanges/capabilities.md")


def test_its_own_tests_pass(copy: Copy) -> None:
    printed = copy.run("cargo", "test", "--lib", "--locked", NAME, timeout_s=600)
    assert "3 passed" in printed


def a_ladder(
    number: int, kind: str, bids: list[list[str]], asks: list[list[str]]
) -> dict[str, Any]:
    at = START_MS + number
    message = {"topic": "ladder/BTC~USD", "is": kind, "n": number, "at": at}
    return {**message, "bids": bids, "asks": asks}


def a_print(number: int) -> dict[str, Any]:
    message = {"topic": "prints/BTC~USD", "n": number, "at": START_MS + number}
    return {**message, "side": "sell", "px": "100.5", "sz": "0.25"}


def frames() -> Iterator[tuple[str, Any]]:
    """Yield path and message: a trade and a change of the book are missing."""
    yield "prints", {"ref": 1}
    yield "books", {"ref": 1}
    yield "books", {"ref": 2, "no": "such topic"}
    yield "books", a_ladder(1, "whole", [["100", "1"]], [["101", "2"]])
    yield "books", a_ladder(2, "change", [["100.5", "3"]], [])
    yield "prints", a_print(7)
    yield "prints", a_print(9)
    yield "books", a_ladder(4, "change", [["100.5", "0"]], [])
    yield "books", {"wave": "back"}
    yield "books", a_ladder(5, "whole", [["99", "1"]], [["101", "2"]])
    yield "prints", {"topic": "candles/BTC~USD", "n": 1}
    yield "prints", {"topic": "prints/BTC~USD"}


def test_its_tape_is_normalized(copy: Copy, tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    with tape.open("w", encoding="utf-8") as stream:
        for number, (path, message) in enumerate(frames()):
            line = {"recv_ns": (START_MS + number) * 1_000_000, "kind": "ws"}
            line |= {"url": f"wss://feed.tidepool.example/{path}", "raw": json.dumps(message)}
            stream.write(json.dumps(line) + "\n")
    out = tmp_path / "out"
    summary = json.loads(copy.tapeline("normalize", tape, *WHO, "--out", out, "--json"))
    assert summary["residual"] == 0
    assert summary["events"] == {"trade": 2, "orderbook": 4}
    assert summary["control_by_kind"] == {"ack": 2, "error": 1, "heartbeat": 1}
    assert summary["unsupported"] == {"candles": 1}
    assert summary["quarantined_by_reason"] == {"missing": 1}
    trade = pl.read_parquet(out / "trade.parquet").to_dicts()[0]
    assert (trade["symbol"], trade["side"], str(trade["price"])[:5]) == ("BTC/USD", "sell", "100.5")
    kinds = [row["kind"] for row in pl.read_parquet(out / "coverage.parquet").to_dicts()]
    for kind, count in {"gap_opened": 2, "book_unsynced": 1, "book_synced": 2}.items():
        assert kinds.count(kind) == count, kinds


def test_it_is_simulated_and_collected(copy: Copy, tmp_path: Path) -> None:
    tape, bus = tmp_path / "tape.jsonl", tmp_path / "bus.db"
    kinds = ("--types", "trade,l2")
    made = ("--frames", "2000", "--rate", "400", "--start", "now", "--no-anomalies")
    copy.tapeline("generate", tape, *WHO, *kinds, *made)
    line, number = lost_message(tape)
    served = (*WHO, "--clients", "2", "--fault", f"gap=1@{line}")
    with copy.serving(tape, *served) as url:
        printed = copy.tapeline(
            *("collect", "--venue", f"{NAME}:{MARKET}=BTC/USD,ETH/USD", "--endpoint", url, *kinds),
            *("--transport", f"local:{bus}", "--idle", "5", "--staleness", "0", "--json"),
        )
    summary = json.loads(printed)
    assert summary["residual"] == summary["transport"]["lost"] == summary["duplicates"] == 0
    assert summary["control"]["ack"] >= 4  # two paths, and the book that was asked for anew

    def rows(kind: str) -> list[dict[str, Any]]:
        words = ("tail", "--transport", f"local:{bus}", "--types", kind, "--idle", "1", "--json")
        return [json.loads(line) for line in copy.tapeline(*words).splitlines()]

    for kind in ("trade", "orderbook"):
        assert len(rows(kind)) == summary["events"][kind] > 0
    coverage = [row for row in rows("coverage") if not row["kind"].startswith("session")]
    told = [(row["raw_symbol"], row["kind"]) for row in coverage]
    assert sorted(told[:2]) == [("BTC~USD", "book_synced"), ("ETH~USD", "book_synced")]
    assert told[2:4] == [("BTC~USD", "gap_opened"), ("BTC~USD", "book_unsynced")]
    assert told[-1] == ("BTC~USD", "book_synced")
    lost = coverage[2]
    assert (lost["channel"], lost["first_id"], lost["last_id"]) == ("ladder", number, number)
    # What was sent while the book was asked for anew is missing too, and said to be.
    gaps = [row for row in coverage if row["kind"] == "gap_opened"]
    missing = {n for row in gaps for n in range(row["first_id"], row["last_id"] + 1)}
    events = [row for row in rows("orderbook") if row["raw_symbol"] == "BTC~USD"]
    arrived = {row["last_update_id"] for row in events}
    assert missing | arrived == set(range(min(arrived), max(arrived) + 1))
    assert not missing & arrived


def lost_message(tape: Path) -> tuple[int, int]:
    """Return a line, a change of a book after a second or so, and its update id."""
    lines = tape.read_text("utf-8").splitlines()
    for place, line in enumerate(lines[400:], start=401):
        message = json.loads(json.loads(line)["raw"])
        if message["topic"] == "ladder/BTC~USD":
            return place, int(message["n"])
    raise AssertionError("no change of a book")
