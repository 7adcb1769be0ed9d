"""The dashboard in a real browser, over the real stack: what it shows is what was sent."""

import itertools
import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.python.browsers import ROOT, artifact, dashboard_browser
from tests.python.dashboard_stack import PATIENCE_S, SYMBOL, Sent, Stack, stack, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

DESKTOP = (1440, 940)
PHONE = (360, 740)
TAPE_ROWS = 60
PAGES = ("market", "quality", "backtests", "system")
MARKET = f"market?exchange=binance&market=usdm&symbol={SYMBOL}"
MILLISECONDS = PATIENCE_S * 1000
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
#: A line of Chromium about its own software rendering.
OF_THE_DRIVER = "GL Driver Message"
#: What a browser says by itself about a server that is away.
OF_THE_LINE = ("ERR_CONNECTION", "WebSocket connection to", "Failed to load resource")
ROWS = """body => [...body.rows].filter(row => !row.hidden).map(row => [
    ...[...row.cells].map(cell => cell.textContent.replaceAll(",", "")), row.className])"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with dashboard_browser(MILLISECONDS) as found:
        yield found


@pytest.fixture(scope="module")
def live(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack with a gap behind it, shared by all; each test lets the tape go on or stops it."""
    with stack(tmp_path_factory.mktemp("dashboard")) as made:
        until(lambda: (made.is_running() and gap_of(made)) or None, "the planted gap")
        yield made


@pytest.fixture
def still(live: Stack) -> Stack:
    """The stack, with the tape standing still."""
    live.stop_collecting()
    return live


class Visit:
    """A page, and everything that its console said."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.page = context.new_page()
        self.page.set_default_timeout(MILLISECONDS)
        self.said: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self._url = url

    def to(self, place: str) -> Page:
        self.page.goto(f"{self._url}/#/{place}", timeout=MILLISECONDS)
        expect(self.page.locator("main h1")).to_be_attached(timeout=MILLISECONDS)
        return self.page

    def assert_quiet(self, *, but: tuple[str, ...] = ()) -> None:
        """Nothing was said: no error, no warning, no violation of the content policy."""
        allowed = (OF_THE_DRIVER, *but)
        assert [line for line in self.said if not any(word in line for word in allowed)] == []


def visit(browser: Browser, made: Stack, size: tuple[int, int], scheme: str = "dark") -> Visit:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    context.set_default_timeout(MILLISECONDS)
    return Visit(context, made.url)


def gaps_of(made: Stack) -> list[tuple[int, int]]:
    """Return the ids that the store says are missing; a collector that ends may lose some more."""
    answer = made.of_symbol("/api/coverage", type="trade")
    holes = [hole for each in (answer or {"data": []})["data"] for hole in each["holes"]]
    return [(hole["first_id"], hole["last_id"]) for hole in holes if hole["first_id"] is not None]


def gap_of(made: Stack) -> tuple[int, int] | None:
    """Return the first gap, which is the planted one."""
    return next(iter(sorted(gaps_of(made))), None)


def tape_rows(page: Page) -> list[list[str]]:
    found: list[list[str]] = page.locator(".panel-tape tbody").evaluate(ROWS)
    return found


def stored_id(made: Stack) -> int | None:
    """Return the id of the last stored trade."""
    cursor: dict[str, str] = {}
    for _ in range(100):
        answer = made.of_symbol("/api/trades", limit="10000", **cursor)
        if answer is None or not answer["data"]:
            return None
        if answer["next_cursor"] is None:
            return int(answer["data"][-1]["native_id"])
        cursor = {"cursor": answer["next_cursor"]}
    raise AssertionError("more pages than there are trades")


def collect_some(made: Stack) -> None:
    """Let the tape go on until at least 30 more trades are stored."""
    known = stored_id(made) or 0
    if not made.is_collecting:
        made.collect()
    until(lambda: (stored_id(made) or 0) >= known + 30 or None, "more trades")
    until(lambda: measured(made), "rates and lags of the trades")
    made.stop_collecting()


def measured(made: Stack) -> bool | None:
    """Whether the server knows how fast trades come, and what each stage of their way takes."""
    live = (made.ask("/api/system") or {"live": {"subscriptions": [], "stages": []}})["live"]
    trades = [each for each in live["subscriptions"] if each["type"] == "trade"]
    stages = [stage for each in (live, *trades) for stage in each["stages"]]
    knows = all(stage["lag"] is not None for stage in stages)
    return (knows and any(each["rows_per_s"] for each in trades)) or None


def assert_is_what_was_sent(page: Page, made: Stack) -> None:
    """The rows on the screen are the latest trades of the tape: exact, in order, none twice."""
    sent = made.sent()

    def settled() -> list[list[str]] | None:
        gaps = gaps_of(made)
        trades = [
            trade
            for trade in sent
            if not any(first <= trade.native_id <= last for first, last in gaps)
        ]
        rows, newest = tape_rows(page), stored_id(made)
        until_now = [trade for trade in trades if newest and trade.native_id <= newest]
        # The table is full, or has all there are: also those from before the page was opened.
        wanted = [shown(trade) for trade in reversed(until_now[-TAPE_ROWS:])]
        return rows if rows and [exact(row) for row in rows] == wanted else None

    until(settled, "the screen to show the latest trades that were sent")


def shown(trade: Sent) -> tuple[str, Decimal, Decimal, str]:
    return trade.side, Decimal(trade.price), Decimal(trade.quantity), trade.side


def exact(row: list[str]) -> tuple[str, Decimal, Decimal, str]:
    """Return a row of the tape; its side is told in a word and by the colour."""
    _, side, price, quantity, colour = row
    return side, Decimal(price), Decimal(quantity), colour


def ladder(page: Page, side: str) -> list[tuple[Decimal, Decimal]]:
    """Return what the ladder shows of a side, best first."""
    rows: list[list[str]] = page.locator(f".ladder .{side}").evaluate(ROWS)
    shown = [[Decimal(cell) for cell in cells[:3]] for cells in rows if cells[0]]
    best_first = shown if side == "bids" else shown[::-1]
    totals = itertools.accumulate(quantity for _, quantity, _ in best_first)
    assert [total for *_, total in best_first] == list(totals)
    return [(price, quantity) for price, quantity, _ in best_first]


def assert_is_the_engines_book(page: Page, made: Stack) -> None:
    def same() -> bool | None:
        note = page.locator(".panel-ladder .note").inner_text()
        answer = made.of_symbol("/api/orderbook", levels="20")
        if answer is None or note != f"update {answer['data']['last_update_id']}":
            return None
        sides = {side: ladder(page, side) for side in ("bids", "asks")}
        if page.locator(".panel-ladder .note").inner_text() != note:
            return None  # It went on while it was read.
        for side, shown in sides.items():
            levels = [(Decimal(price), Decimal(size)) for price, size in answer["data"][side]]
            assert shown == levels
            assert len(levels) == 20
        return True

    until(same, "the ladder to show the engine's update")


def test_prices_and_book_are_what_was_sent_and_come_back_after_a_restart(
    browser: Browser, live: Stack
) -> None:
    guest = visit(browser, live, DESKTOP)
    page = guest.to(MARKET)
    expect(page.locator(".live-open")).to_be_visible()
    expect(page.locator(".panel-price canvas").first).to_be_visible()

    collect_some(live)
    expect(page.locator(".panel-liquidations tbody tr:not([hidden])").first).to_be_visible()
    assert_is_what_was_sent(page, live)
    expect(page.get_by_text("Waiting for the first trade.")).to_be_hidden()
    assert_is_the_engines_book(page, live)
    rate = page.locator(".panel-funding dd").first
    expect(rate).to_have_text(re.compile(r"^-?0\.0\d+$"))
    guest.assert_quiet()
    page.screenshot(path=artifact("dashboard-market.png"))

    live.stop_serving()
    expect(page.locator(".live-waiting, .live-connecting").first).to_be_visible()
    live.serve()
    live.wait_for_server()
    expect(page.locator(".live-open")).to_be_visible()
    expect(page.locator(".stale")).to_have_count(0)
    collect_some(live)
    assert_is_what_was_sent(page, live)
    assert_is_the_engines_book(page, live)
    guest.assert_quiet(but=OF_THE_LINE)
    page.context.close()
    assert gap_of(live) == live.left_out()


def test_the_planted_gap_is_on_the_quality_page(browser: Browser, still: Stack) -> None:
    guest = visit(browser, still, DESKTOP)
    page = guest.to("quality")
    name = f"{SYMBOL} trade"
    page.locator(".line", has_text=name).first.click()
    row = page.locator(".panel-coverage tbody tr", has_text="gap").first
    expect(row).to_be_visible()
    cells = row.locator("td").all_inner_texts()
    # That these are the planted ones is told by the simulator's ledger, in the test above.
    assert tuple(map(int, cells[4:6])) == gap_of(still)
    expect(page.locator(".panel-counts tbody tr", has_text="trade").first).to_be_visible()
    expect(page.locator(".panel-stages tbody tr")).to_have_count(4)
    guest.assert_quiet()
    page.screenshot(path=artifact("dashboard-quality.png"), full_page=True)
    page.context.close()


def test_a_run_is_shown_with_its_curves_and_trades(browser: Browser, still: Stack) -> None:
    guest = visit(browser, still, DESKTOP)
    page = guest.to("backtests")
    expect(page.locator(".panel-runs tbody tr")).to_have_count(1)
    expect(page.locator(".panel-equity canvas").first).to_be_visible()
    expect(page.locator(".panel-trips tbody tr").first).to_be_visible()
    expect(page.locator(".panel-metrics dd").first).to_be_visible()
    guest.assert_quiet()
    page.screenshot(path=artifact("dashboard-backtests.png"), full_page=True)
    page.context.close()


@pytest.mark.parametrize("place", PAGES)
def test_every_page_fits_a_phone_and_has_no_fault_a_machine_finds(
    browser: Browser, still: Stack, place: str
) -> None:
    guest = visit(browser, still, PHONE, "light")
    page = guest.to(MARKET if place == "market" else place)
    expect(page.locator(".panel-body:not(:has(.spinner))").first).to_be_visible()
    expect(page.locator(".spinner")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "axe.run().then(({violations}) => violations.flatMap(({id, nodes}) =>"
        " nodes.map(node => `${id}: ${node.html.slice(0, 160)}`)))"
    )
    assert found == []
    guest.assert_quiet()
    page.screenshot(path=artifact(f"dashboard-phone-{place}.png"))
    page.context.close()


def test_everything_is_reached_by_keyboard(browser: Browser, still: Stack) -> None:
    guest = visit(browser, still, DESKTOP)
    page = guest.to(MARKET)
    expect(page.locator(".panel-price canvas").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    press_until(page, "Tab", "[role=tab][aria-selected=true]")
    page.keyboard.press("ArrowRight")
    expect(page.locator(":focus")).to_have_text("15s")
    expect(page.locator(":focus")).to_have_attribute("aria-selected", "true")
    outline = page.locator(":focus").evaluate("tab => getComputedStyle(tab).outlineStyle")
    assert outline == "solid"
    press_until(page, "Shift+Tab", ".top-end button")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    press_until(page, "Shift+Tab", "nav a[href='#/system']")
    page.keyboard.press("Enter")
    expect(page.locator(".panel-subscriptions tbody tr").first).to_be_visible()
    page.screenshot(path=artifact("dashboard-system.png"), full_page=True)
    guest.assert_quiet()
    page.context.close()


def press_until(page: Page, key: str, selector: str) -> None:
    """Move the focus to an element, as somebody without a mouse does."""
    for _ in itertools.repeat(None, 40):
        page.keyboard.press(key)
        if page.locator(":focus").and_(page.locator(selector)).count():
            return
    raise AssertionError(f"{key} does not reach {selector}")
