"""The report in a real browser: from a file, with no network, on a desktop and on a phone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tapeline.compute.report import write_report
from tests.python.browsers import artifact, chromium
from tests.python.runs import run_of

pytestmark = pytest.mark.integration

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
# A pixel that is not transparent is drawn; an empty chart has none but those of axes and grid.
INK = """id => {
  const canvas = document.querySelector(`#${id} canvas`);
  const { width, height } = canvas;
  const copy = Object.assign(document.createElement("canvas"), { width, height });
  const pen = copy.getContext("2d", { willReadFrequently: true });
  pen.drawImage(canvas, 0, 0);
  const bytes = pen.getImageData(0, 0, width, height).data;
  const colours = new Map();
  for (let at = 0; at < bytes.length; at += 4) {
    if (bytes[at + 3] < 200) continue;
    const colour = bytes.slice(at, at + 3).join();
    colours.set(colour, (colours.get(colour) ?? 0) + 1);
  }
  return Object.fromEntries(colours);
}"""
COLOUR = """name => {
  const probe = document.createElement("i");
  probe.style.color = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
  document.body.append(probe);
  const found = getComputedStyle(probe).color.match(/\\d+/g).slice(0, 3).join();
  probe.remove();
  return found;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = run_of("BTC/USDT", "ETH/USDT", rows=24 * 400)
    return write_report(run, tmp_path_factory.mktemp("run") / "report.html")


@contextmanager
def opened(browser: Browser, report: Path, **options: Any) -> Iterator[Page]:  # noqa: ANN401
    """Open the report; afterwards nothing may have been asked for and nothing complained of."""
    context = browser.new_context(offline=True, **options)
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(report.as_uri(), timeout=60_000)
    expect(page.locator("html[data-drawn='4']")).to_be_attached(timeout=60_000)
    page.evaluate("() => new Promise(requestAnimationFrame)")
    yield page
    context.close()
    assert asked == [report.as_uri()]
    assert said == []


def ink(page: Page, chart: str, colour: str) -> int:
    """Return how many pixels of a chart are in a colour of the page."""
    found: dict[str, int] = page.evaluate(INK, chart)
    return found.get(page.evaluate(COLOUR, colour), 0)


def test_on_a_desktop_every_chart_is_drawn(browser: Browser, report: Path) -> None:
    with opened(browser, report, viewport=DESKTOP, color_scheme="light") as page:
        page.screenshot(path=artifact("report-desktop.png"), full_page=True)
        assert ink(page, "equity", "equity") > 500
        assert ink(page, "drawdown", "bad") > 200
        assert ink(page, "price", "soft") > 500
        assert ink(page, "price", "good") > 100
        assert ink(page, "price", "bad") > 100
        assert ink(page, "position", "equity") > 200


def test_on_a_phone_nothing_is_wider_than_the_screen(browser: Browser, report: Path) -> None:
    options = {"viewport": PHONE, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
    with opened(browser, report, color_scheme="dark", **options) as page:
        page.screenshot(path=artifact("report-phone.png"), full_page=True)
        page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
        assert page.evaluate("() => document.documentElement.scrollWidth") == PHONE["width"]
        wider = page.evaluate(
            "() => [...document.querySelectorAll('body *')]"
            ".filter(each => each.getBoundingClientRect().right > innerWidth + 1)"
            ".map(each => each.outerHTML.slice(0, 80))"
        )
        assert wider == []
        assert ink(page, "equity", "equity") > 200


def test_another_symbol_and_another_theme_are_drawn_at_once(browser: Browser, report: Path) -> None:
    with opened(browser, report, viewport=DESKTOP, color_scheme="light") as page:
        first = page.evaluate(INK, "price")
        page.select_option("#symbol", "ETH/USDT")
        page.evaluate("() => new Promise(requestAnimationFrame)")
        assert page.evaluate(INK, "price") != first
        light = page.evaluate(COLOUR, "equity")
        page.click("#theme")
        page.evaluate("() => new Promise(requestAnimationFrame)")
        assert page.evaluate(COLOUR, "equity") != light
        assert ink(page, "equity", "equity") > 500


def test_the_fill_under_the_pointer_is_told(browser: Browser, report: Path) -> None:
    with opened(browser, report, viewport=DESKTOP) as page:
        box = page.locator("#price .u-over").bounding_box()
        assert box is not None
        told = page.locator("#mark")
        page.locator("#price .u-over").scroll_into_view_if_needed()
        for left in range(0, int(box["width"]), 4):
            page.locator("#price .u-over").hover(
                position={"x": left, "y": box["height"] / 2}, force=True
            )
            if text := told.inner_text():
                break
        assert text.startswith(("Bought 1 at ", "Sold 1 at "))


def test_the_rows_of_a_phone_are_still_those_of_a_table(browser: Browser, report: Path) -> None:
    with opened(browser, report, viewport=PHONE) as page:
        page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
        trades = page.locator("details").get_by_role("table")
        expect(trades).to_be_visible(timeout=60_000)
        assert trades.get_by_role("columnheader").count() == 10
        assert trades.get_by_role("row").count() == 201
        assert trades.get_by_role("rowheader").count() == 200
