"""Books of running collectors: what damages one leaves the others alone, and is put right."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.python.integration.venue_chain import (
    BYBIT,
    MARKETS,
    OKX,
    SPOT,
    USDM,
    Book,
    Found,
    Market,
    Venues,
    assert_gaps_are_exact,
    collected,
    stream_of,
    tailed,
)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

BOOKS = {
    "binance": "{}@depth@100ms",
    "okx": "books:{}",
    "bybit": "orderbook.50.{}",
}
#: The first quarter of a tape: there is time to recover behind it.
PLACE = 700


def book_stream(market: Market, raw: str) -> str:
    return BOOKS[market.exchange].format(raw.lower() if market.exchange == "binance" else raw)


class Run:
    """Markets collected at once: what lies on the bus, the simulators' books and ledgers."""

    def __init__(
        self,
        folder: Path,
        faults: dict[Market, list[str]],
        *options: str,
        types: str = "l2",
    ) -> None:
        # Only books are on the tape.
        books = {market: replace(market, types="l2") for market in faults}
        tapes = {market: books[market].tape(folder, 1_500, 250.0) for market in faults}
        clients = {market: replace(market, clients=1) for market in faults}
        bus = f"local:{folder / 'bus.db'}"
        with Venues(
            folder,
            {clients[market]: tape for market, tape in tapes.items()},
            {clients[market]: each for market, each in faults.items()},
        ) as venues:
            self.summary = collected(venues, bus, *options, types=types)
            self._found = tailed(bus, 0.3)
            self._books = {
                (market, raw): venues.book(clients[market], raw)
                for market in faults
                for raw in market.raw_symbols
            }
            accounts = venues.accounts()
        self._accounts = {market: accounts[clients[market]] for market in faults}

    def found(self, market: Market) -> Found:
        return self._found.of(market)

    def simulated(self, market: Market, raw: str) -> Book:
        return self._books[market, raw]

    def account(self, market: Market) -> list[dict[str, Any]]:
        return self._accounts[market]

    def assert_books_are_right(self, market: Market) -> None:
        """Each book is the simulator's, called right at the end, and never was crossed."""
        for raw in market.raw_symbols:
            found = self.found(market)
            assert found.book(market, raw) == self.simulated(market, raw), (market.name, raw)
            states = found.coverage("book_synced", "book_unsynced", raw_symbol=raw)
            assert not states or states[-1]["kind"] == "book_synced", (market.name, raw)
            assert "crossed" not in {row["reason"] for row in states}


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Frames of BTC's book left out, doubled and swapped, at all venues at once."""
    folder = tmp_path_factory.mktemp("damaged")
    return Run(folder, {market: damage(market) for market in MARKETS})


def damage(market: Market) -> list[str]:
    stream = book_stream(market, market.raw_symbols[0])
    # OKX and Bybit subscribe anew after the gap: frames change places over that too.
    kinds = ["gap=3@500", "duplicate=4%", "reorder=3%"]
    return [f"{kind} on {stream}" for kind in kinds]


@pytest.mark.parametrize("market", MARKETS, ids=lambda market: market.name)
def test_a_damaged_book_is_unsynced_alone_and_recovers(market: Market, damaged: Run) -> None:
    hurt, other = market.raw_symbols
    found = damaged.found(market)

    assert "book_unsynced" in {row["kind"] for row in found.harm(hurt)}
    assert found.harm(other) == []
    account = stream_of(damaged.account(market), book_stream(market, hurt))
    assert account["dropped"] == 3
    assert account["duplicated"] > 0
    assert account["reordered"] > 0
    assert_gaps_are_exact(market, found, damaged.account(market))
    damaged.assert_books_are_right(market)


def test_frames_that_change_places_heal_before_anything_is_asked(tmp_path: Path) -> None:
    """What is late comes within the grace: no snapshot is asked for, no gap stays open."""
    swapped = {
        market: [f"reorder=2% on {book_stream(market, market.raw_symbols[0])}"]
        for market in (OKX, BYBIT)
    }
    run = Run(tmp_path, swapped)
    for market in swapped:
        hurt, other = market.raw_symbols
        found = run.found(market)
        account = stream_of(run.account(market), book_stream(market, hurt))
        assert account["reordered"] > 0
        assert found.harm(other) == []
        opened = found.coverage("gap_opened", raw_symbol=hurt)
        assert opened, market.name
        if account["not_sent"] == 0:
            # Never subscribed to anew: each gap was filled by the very frames that made it.
            channel = market.provable[-1][0]
            assert found.missing([channel], hurt) == set(), market.name
        assert_gaps_are_exact(market, found, run.account(market))
        run.assert_books_are_right(market)


def restarted(market: Market) -> list[str]:
    return [f"restart=1@{PLACE} on {book_stream(market, market.raw_symbols[0])}"]


def test_a_book_whose_ids_begin_anew_is_no_gap(tmp_path: Path) -> None:
    run = Run(tmp_path, {market: restarted(market) for market in (OKX, BYBIT)})
    for market in (OKX, BYBIT):
        assert [each for each in run.account(market) if each.get("kind") == "restart"]
        found = run.found(market)
        assert found.coverage("gap_opened", "connection_lost") == [], market.name
        run.assert_books_are_right(market)
    assert run.summary["gaps"] == []


def test_snapshots_that_fail_are_asked_for_again_and_not_in_a_storm(tmp_path: Path) -> None:
    faults = {
        # Spot snapshots weigh so much that only three go at once.
        SPOT: ["rest=1:429/1"],
        USDM: ["rest=1:418/1", "rest_timeout=1:1", "rest_stale=1"],
    }
    run = Run(tmp_path, faults)
    for market in faults:
        asked = [each for each in run.account(market) if each["type"] == "request"]
        failed = [each["fault"] for each in asked if "fault" in each]
        assert len(failed) == len(faults[market]), market.name
        # A first snapshot of two books, some more when the market leaves the levels it had, and
        # what this test asks for.
        assert len(asked) - len(failed) <= 14, asked
        assert run.found(market).coverage("gap_opened", "connection_lost") == []
        run.assert_books_are_right(market)
