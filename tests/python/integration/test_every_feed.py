"""Four markets of three exchanges through one collector and a real Kafka broker to ``tail``."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from tests.python.integration.conftest import ours
from tests.python.integration.venue_chain import (
    MARKET_DATA,
    MARKETS,
    Book,
    Found,
    Market,
    Venues,
    assert_gaps_are_exact,
    collected,
    normalized,
    tailed,
)
from tests.services.kafka import KafkaBroker

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def tapes(tmp_path_factory: pytest.TempPathFactory) -> dict[Market, Path]:
    folder = tmp_path_factory.mktemp("tapes")
    return {market: market.tape(folder, 2_500, 350.0) for market in MARKETS}


@pytest.fixture(scope="module")
def expected(
    tapes: dict[Market, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[Market, Found]:
    folder = tmp_path_factory.mktemp("normalized")
    return {
        market: normalized(market, tape, folder / market.market) for market, tape in tapes.items()
    }


def topics_of(found: Found) -> set[str]:
    """Return the topics that rows must have come by."""
    names = set()
    for kind, rows in found:
        for row in rows:
            symbol = row["raw_symbol"].lower()
            names.add(f"{kind}.{row['exchange']}.{row['market']}.{symbol}")
    return names


def raw_books(venues: Venues) -> dict[tuple[Market, str], Book]:
    """Return the simulators' own books."""
    return {
        (market, raw): venues.book(market, raw)
        for market in venues.simulations
        for raw in market.raw_symbols
    }


def test_every_feed_arrives_as_normalize_makes_it(
    tapes: dict[Market, Path],
    expected: dict[Market, Found],
    broker: KafkaBroker,
    tmp_path: Path,
) -> None:
    transport = f"kafka://{broker.servers}?spool={tmp_path / 'spool.db'}"
    with Venues(tmp_path, tapes) as venues:
        summary = collected(venues, transport)
        found = tailed(transport)
        books = raw_books(venues)
        venues.accounts()

    assert set(summary["markets"]) == {market.name for market in MARKETS}
    assert summary["quarantined"] == summary["unsupported"] == {}
    for market in MARKETS:
        mine = found.of(market)
        assert mine.events() == expected[market].events(), market.name
        for kind in MARKET_DATA:
            assert bool(mine.rows[kind]) is bool(expected[market].rows[kind]), (market.name, kind)
        for raw in market.raw_symbols:
            assert mine.book(market, raw) == books[market, raw], (market.name, raw)
        assert mine.harm() == []
    names = set(ours(AdminClient({"bootstrap.servers": broker.servers, "log_level": 0})))
    assert topics_of(found) <= names
    assert {name.partition(".")[0] for name in topics_of(found)} == {*MARKET_DATA, "coverage"}


def test_a_dead_line_of_a_core_pair_loses_and_duplicates_nothing(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    alone = [replace(market, symbols=market.symbols[:1]) for market in MARKETS]
    tapes = {market: market.tape(tmp_path, 1_500) for market in alone}
    wanted = {m: normalized(m, tape, tmp_path / m.market) for m, tape in tapes.items()}
    transport = f"kafka://{broker.servers}?spool={tmp_path / 'spool.db'}"
    deaths = {market: ["kill_line=1@400:1"] for market in alone}
    with Venues(tmp_path, tapes, deaths, lines=2) as venues:
        summary = collected(venues, transport, "--core", "BTC")
        found = tailed(transport)
        books = raw_books(venues)
        accounts = venues.accounts()

    assert summary["gaps"] == []
    for market in alone:
        raw = market.raw_symbols[0]
        assert [each for each in accounts[market] if each.get("kind") == "kill_line"], market.name
        mine = found.of(market)
        mine.assert_once_each(wanted[market], market.name)
        assert mine.book(market, raw) == books[market, raw], market.name
        assert mine.harm() == [], market.name


def test_a_dead_line_comes_back_and_its_gap_is_recorded_exactly(
    broker: KafkaBroker, tapes: dict[Market, Path], tmp_path: Path
) -> None:
    transport = f"kafka://{broker.servers}?spool={tmp_path / 'spool.db'}"
    deaths = {market: [f"kill_line={market.clients}@500:1"] for market in MARKETS}
    with Venues(tmp_path, tapes, deaths, options=["--run-on"]) as venues:
        collected(venues, transport)
        found = tailed(transport)
        books = raw_books(venues)
        accounts = venues.accounts()

    for market in MARKETS:
        mine, account = found.of(market), accounts[market]
        assert_gaps_are_exact(market, mine, account)
        for raw in market.raw_symbols:
            assert mine.book(market, raw) == books[market, raw], (market.name, raw)
            assert mine.coverage("connection_lost", raw_symbol=raw), market.name
        assert max(mine.events().values()) == 1
        assert recovery_s(account, refused_s=1.0) <= 5.0, market.name


def recovery_s(account: list[dict[str, Any]], *, refused_s: float) -> float:
    """Return how long after the server would take it the dead line was back."""
    (death,) = [each for each in account if each.get("kind") == "kill_line"]
    connections = [each for each in account if each["type"] == "connection"]
    (dead,) = [each for each in connections if each["connection"] == death["connection"]]
    dead_ms = dead["opened_at_ms"] + dead["open_for_ms"]
    back_ms = [
        each["opened_at_ms"]
        for each in connections
        if each["opened_at_ms"] > dead_ms and each["target"] == dead["target"]
    ]
    return float(min(back_ms) - dead_ms) / 1_000 - refused_s
