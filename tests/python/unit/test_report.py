"""The report of a run: all of it in one file, nothing of a user's taken for markup, small."""

import hashlib
import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from tapeline.compute.report import formats, render, write_report
from tapeline.compute.report.downsampling import extremes, largest
from tests.python.runs import HOUR, START, run_of

EVIL = '<script>alert("x")</script>&</style>'
PUBLISHED = {
    "uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    "LICENSE": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
}
DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


class Page(HTMLParser):
    """What a browser would make of the page: its elements and its text outside of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside not in ("script", "style"):
            self.text += data


def data_of(text: str) -> dict[str, object]:
    found = DATA.search(text)
    assert found is not None
    read: dict[str, object] = json.loads(found[1])
    return read


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_chart_library_is_the_published_one(name: str) -> None:
    folder = files("tapeline.compute.report") / "vendor" / "uplot"
    assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == PUBLISHED[name]


def test_the_page_asks_for_nothing() -> None:
    page = Page(render(run_of("BTC/USDT")))
    asked = [
        attributes[name]
        for _, attributes in page.tags
        for name in ("src", "href", "srcset", "action", "data")
        if name in attributes
    ]
    assert asked == ["data:,"]
    rules = [dict(found)["content"] for tag, found in page.tags if "http-equiv" in found]
    assert rules[0] is not None
    assert rules[0].startswith(
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-"
    )


def test_names_of_users_are_text() -> None:
    coverage: dict[str, object] = {"summary": EVIL, "is_complete": None, "streams": [], "holes": []}
    run = run_of(f"BTC{EVIL}/USDT", strategy_id=EVIL, coverage=coverage, parameters={EVIL: EVIL})
    text = render(run)
    page = Page(text)
    assert [tag for tag, _ in page.tags].count("script") == 3
    assert [tag for tag, _ in page.tags].count("style") == 2
    # In the title, the heading, the verdict, the parameters, the settings and the tables.
    assert page.text.count(EVIL) >= 10
    assert 'alert("x")' not in text
    assert f"BTC{EVIL}/USDT" in json.dumps(data_of(text), ensure_ascii=False).replace('\\"', '"')


def test_one_run_gives_one_page(tmp_path: Path) -> None:
    first = write_report(run_of("BTC/USDT", "ETH/USDT"), tmp_path / "a" / "report.html")
    second = write_report(run_of("BTC/USDT", "ETH/USDT"), tmp_path / "report.html")
    assert first.read_bytes() == second.read_bytes()


def test_a_run_over_no_data_has_a_page() -> None:
    coverage: dict[str, object] = {
        "summary": "nothing was recorded",
        "is_complete": None,
        "streams": [],
        "holes": [],
    }
    run = run_of("BTC/USDT", rows=0, coverage=coverage, start_ns=None, end_ns=None)
    page = Page(render(run))
    assert "no data" in page.text
    assert "Data unknown." in page.text
    assert data_of(render(run))["symbols"] == []


def test_long_runs_of_many_symbols_stay_small() -> None:
    names = [f"COIN{number}/USDT" for number in range(40)]
    text = render(run_of(*names, rows=20_000, every_ns=HOUR // 60))
    assert len(text.encode()) < 2_000_000


def test_what_is_shown_is_what_the_run_says() -> None:
    run = run_of("BTC/USDT")
    page = Page(render(run))
    assert formats.percent(run.metrics["total_return"]) in page.text
    assert formats.amount(run.metrics["pnl"], "USDT") in page.text
    assert "Data incomplete. trade of 1 stream: 1 gap (3 ids missing)" in " ".join(
        page.text.split()
    )
    for each in (run.run_id, run.strategy_hash, run.data_hash, "fast", "200", "suspicious"):
        assert each in page.text
    bars = [found for tag, found in page.tags if tag == "i" and "style" in found]
    assert [(each["class"], each["style"]) for each in bars] == [
        ("recorded", "left:0.0%;width:100.0%"),
        ("hole", "left:33.333%;width:16.667%"),
        ("excluded", "left:33.333%;width:16.667%"),
    ]


def test_holes_by_the_thousand_become_few_bars_and_are_counted() -> None:
    run = run_of("BTC/USDT")
    hole = dict(run.coverage["holes"][0])
    holes = [
        {**hole, "start_ns": START + number * HOUR // 10, "end_ns": START + number * HOUR // 10 + 1}
        for number in range(10_000)
    ]
    page = Page(render(run_of("BTC/USDT", coverage={**run.coverage, "holes": holes})))
    bars = [found for tag, found in page.tags if tag == "i" and found.get("class") == "hole"]
    assert 50 < len(bars) <= 402
    assert "The first 100 of 10,000 holes in the data" in page.text


def test_of_many_trades_those_that_moved_the_account_most_are_listed() -> None:
    run = run_of("BTC/USDT", rows=24 * 1_000)
    page = Page(render(run))
    assert "The 200 trades that moved the account most, of 499" in page.text
    largest_gain = max(run.trades["pnl"].to_pylist(), key=abs)
    assert formats.amount(largest_gain, "USDT", signed=True) in page.text


def test_downsampling_keeps_first_last_and_every_extreme() -> None:
    times = np.arange(100_000, dtype=np.int64)
    values = np.sin(times / 50.0)
    values[12_345], values[54_321] = 9.0, -9.0
    kept = extremes(times, values, 100)
    assert kept.size <= 400
    assert {0, 12_345, 54_321, 99_999} <= set(kept.tolist())
    assert (np.diff(kept) > 0).all()
    for first in range(0, 100_000, 1_000):
        piece = slice(first, first + 1_000)
        inside = kept[(kept >= first) & (kept < first + 1_000)]
        assert values[inside].max() == values[piece].max()
        assert values[inside].min() == values[piece].min()


def test_downsampling_of_few_rows_keeps_all() -> None:
    times = np.array([5, 5, 5], dtype=np.int64)
    assert extremes(times, np.zeros(3), 1).tolist() == [0, 1, 2]
    assert extremes(np.zeros(50, dtype=np.int64), np.arange(50.0), 2).tolist() == [0, 49]
    assert largest(np.arange(4, dtype=np.int64), np.array([1.0, 3.0, 2.0, 9.0]), 2).tolist() == [
        1,
        3,
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (formats.percent(0.01234), "+1.23 %"),
        (formats.percent(None), "\u2013"),
        (formats.percent(1e7), "+1e+09 %"),
        (formats.amount(-1234.5, "USDT"), "-1,234.50 USDT"),
        (formats.amount(0.00012346, "BTC"), "0.0001235 BTC"),
        (formats.amount(0.0), "0.00"),
        (formats.number(84_000.1), "84,000.1"),
        (formats.number(1e-9), "1e-09"),
        (formats.duration(0), "0 s"),
        (formats.duration(1_500_000), "1.5 ms"),
        (formats.duration(26 * HOUR + HOUR // 2), "1 d 2 h"),
        (formats.duration(24 * HOUR + HOUR // 2), "1 d"),
        (formats.plain({"a": True, "b": [1.0, None]}), "a: yes, b: 1, none"),
    ],
)
def test_values_as_text(text: str, expected: str) -> None:
    assert text == expected


def test_costs_that_were_not_given_are_not_called_none() -> None:
    costs = {"capital": 1.0, "sample_ns": HOUR, "fees": None, "inverse": None, "volume_cap": None}
    page = render(run_of("BTC/USDT", costs=costs))
    assert "of the venue: see instruments" in page
    assert "by the symbol" in page
