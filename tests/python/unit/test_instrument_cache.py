"""Instrument lists on disk: what changed, and what is never forgotten."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from tapeline.adapters.instrument_cache import InstrumentCache, ListingKind, compare
from tapeline.adapters.registry import venue
from tapeline.errors import InstrumentError
from tapeline.model import Instrument

SPOT = venue("binance", "spot")
URL = SPOT.instruments_urls[0]

Row = tuple[str, str, str, str]
BTC: Row = ("BTCUSDT", "BTC", "USDT", "TRADING")
ETH: Row = ("ETHUSDT", "ETH", "USDT", "TRADING")
LIFE: Row = ("币安人生USDT", "币安人生", "USDT", "TRADING")


def replies(rows: Sequence[Row]) -> list[tuple[str, bytes]]:
    keys = ("symbol", "baseAsset", "quoteAsset", "status")
    listed = [dict(zip(keys, row, strict=True)) for row in rows]
    return [(URL, orjson.dumps({"symbols": listed}))]


@pytest.fixture
def cache(tmp_path: Path) -> InstrumentCache:
    return InstrumentCache(tmp_path / "instruments")


def told(cache: InstrumentCache, *rows: Row, at: int = 1) -> list[tuple[str, str]]:
    refresh = cache.refresh(SPOT, replies(rows), at)
    assert cache.load(SPOT) == refresh.listing
    return [(event.kind.value, event.instrument.raw_symbol) for event in refresh.events]


def test_the_first_list_is_no_event(cache: InstrumentCache) -> None:
    assert cache.load(SPOT) is None
    assert told(cache, BTC, LIFE, at=100) == []
    listing = cache.load(SPOT)
    assert listing is not None
    assert [each.symbol for each in listing.instruments] == ["BTC/USDT", "币安人生/USDT"]
    assert (listing.age_ns(150), listing.age_ns(50)) == (50, 0)


def test_listings_delistings_and_changes_are_told(cache: InstrumentCache) -> None:
    told(cache, BTC, ETH)
    assert told(cache, BTC, ETH) == []
    assert told(cache, BTC, LIFE) == [("listed", "币安人生USDT"), ("delisted", "ETHUSDT")]
    assert told(cache, BTC, LIFE) == []
    assert told(cache, (*BTC[:3], "BREAK"), LIFE) == [("changed", "BTCUSDT")]
    assert told(cache, BTC, LIFE, ETH) == [("changed", "BTCUSDT"), ("listed", "ETHUSDT")]


def test_an_instrument_keeps_its_id_for_good(cache: InstrumentCache) -> None:
    told(cache, BTC, ETH)
    before = cache.load(SPOT)
    assert before is not None
    ids = {each.raw_symbol: each.instrument_id for each in before.instruments}
    told(cache, BTC)
    after = cache.load(SPOT)
    assert after is not None
    assert {each.raw_symbol: each.instrument_id for each in after.instruments} == ids
    assert [each.raw_symbol for each in after.instruments if not each.is_trading] == ["ETHUSDT"]
    told(cache, BTC)
    assert cache.load(SPOT) == after

    content = cache.path(SPOT).read_bytes()
    for taken in (("ETHUSDT", "ETHW", "USDT", "TRADING"), ("BTCUSDT", "BTCST", "USDT", "TRADING")):
        with pytest.raises(InstrumentError, match="is both"):
            cache.refresh(SPOT, replies([taken]), 2)
        assert cache.path(SPOT).read_bytes() == content


def test_a_new_name_of_a_delisted_symbol_takes_over(cache: InstrumentCache) -> None:
    told(cache, BTC, ETH)
    renamed = ("XETHUSDT", "ETH", "USDT", "TRADING")
    assert told(cache, BTC, renamed) == [("listed", "XETHUSDT"), ("delisted", "ETHUSDT")]


def test_a_list_that_lost_most_instruments_is_refused(cache: InstrumentCache) -> None:
    rows: list[Row] = [(f"C{number}USDT", f"C{number}", "USDT", "TRADING") for number in range(20)]
    told(cache, *rows)
    with pytest.raises(InstrumentError, match="lacks 11 of 20 instruments"):
        cache.refresh(SPOT, replies(rows[:9]), 2)
    assert len(told(cache, *rows[:10])) == 10


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"format":2,"fetched_ns":1,"instruments":[]}']
)
def test_a_foreign_file_is_refused(cache: InstrumentCache, content: bytes) -> None:
    path = cache.path(SPOT)
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(InstrumentError, match="not an instrument cache, remove it"):
        cache.load(SPOT)


def test_a_reply_that_is_none_changes_nothing(cache: InstrumentCache) -> None:
    told(cache, BTC)
    for body in (b"<html>", b"{}", b'{"symbols":[]}'):
        with pytest.raises(InstrumentError):
            cache.refresh(SPOT, [(URL, body)], 2)
    listing = cache.load(SPOT)
    assert listing is not None
    assert listing.fetched_ns == 1
    assert [each.name for each in cache.path(SPOT).parent.iterdir()] == ["binance.spot.json"]


def test_a_directory_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InstrumentError, match="cannot read the instrument cache"):
        InstrumentCache(tmp_path / "file").refresh(SPOT, replies([BTC]), 1)


def test_a_change_names_its_fields() -> None:
    before = Instrument("x", "y", "A/B", "AB", status="trading", base="A")
    (event,) = compare([before], [replace(before, status="break", settle="C")])
    assert (event.kind, event.changed) == (ListingKind.CHANGED, ("settle", "status"))
    assert event.previous is before
    assert compare([before], [before]) == []
