"""The dashboard of a server without a live feed, and of one whose store has gone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.python.browsers import dashboard_browser
from tests.python.markets import SECOND, START, book, stored, trade
from tests.python.serving import serving

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

TRADES = 25
MILLISECONDS = 120_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with dashboard_browser(MILLISECONDS) as found:
        yield found


def new_page(browser: Browser) -> Page:
    page = browser.new_page()
    page.set_default_timeout(MILLISECONDS)
    return page


@pytest.fixture
def target(tmp_path: Path) -> str:
    trades = [trade(START + n * SECOND, f"100.{n}", "0.25") for n in range(1, TRADES + 1)]
    bids = [("99.5", "1.25"), ("99", "2")]
    asks = [("100.5", "0.5"), ("101", "3")]
    return stored(
        tmp_path / "data",
        {"trade": trades, "orderbook": [book(START + TRADES * SECOND, bids, asks)]},
    )


def test_without_a_live_feed_what_is_stored_is_shown_and_nothing_is_waited_for(
    browser: Browser, target: str
) -> None:
    with serving([target]) as server:
        page = new_page(browser)
        sockets: list[str] = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        page.goto(f"http://127.0.0.1:{server.port}/#/market")
        expect(page.get_by_text("stored data alone")).to_be_visible()
        expect(page.locator(".panel-tape tbody tr:not([hidden])")).to_have_count(TRADES)
        lines = page.locator(".ladder .bids tr")
        expect(lines.nth(0)).to_have_text("99.51.251.25")
        expect(lines.nth(1)).to_have_text("99.02.003.25")
        expect(page.locator(".ladder .spread")).to_have_text("spread 1")
        expect(page.locator(".ticker dd").first).to_have_text(f"100.{TRADES}")
        assert sockets == []
        page.close()


def test_a_store_that_has_gone_is_told_at_once_and_since_when(
    browser: Browser, target: str, tmp_path: Path
) -> None:
    with serving([target]) as server:
        (tmp_path / "data").rename(tmp_path / "away")
        page = new_page(browser)
        page.goto(f"http://127.0.0.1:{server.port}/#/market")
        expect(page.get_by_text("No store has answered since 20")).to_be_visible()
        page.goto(f"http://127.0.0.1:{server.port}/#/system")
        check = page.locator(".panel-health tbody tr", has_text="store")
        expect(check).to_contain_text("down")
        (tmp_path / "away").rename(tmp_path / "data")
        page.goto(f"http://127.0.0.1:{server.port}/#/market")
        expect(page.locator(".panel-tape tbody tr:not([hidden])")).to_have_count(TRADES)
        page.close()
