"""Every kind of bad input to the API and to settings has a test that names it."""

import re
from pathlib import Path

ROWS = {
    "a01": "path traversal in names and ids",
    "a02": "limits that are none",
    "a03": "ranges and times that are none, or unclear",
    "a04": "unknown names, and statements in them",
    "a05": "tokens: none, wrong, in the wrong place, expired, huge",
    "a06": "other origins",
    "a07": "the socket: huge, many, malformed, unknown, storms",
    "a08": "readers that do not read, or hardly, or close their half",
    "a09": "slow heads and bodies, old versions, long addresses",
    "a10": "a thousand heavy questions at once",
    "a11": "a store that is down",
    "a12": "settings with mistakes",
    "a13": "symbols that are not listed",
    "a14": "strategies that fail, look ahead or never end",
    "a15": "backtests without data, or with gaps",
}


def test_every_row_has_a_test_that_names_it() -> None:
    tests = Path(__file__).parents[1]
    named = {
        row
        for path in tests.rglob("test_*.py")
        for row in re.findall(r"def test_(a\d\d)_", path.read_text("utf-8"))
    }
    assert named == set(ROWS)
