"""A book made again from a store is the one the normaliser had when the messages came."""

from pathlib import Path

import pyarrow as pa
import pytest

import tapeline as tl
from tapeline.apps.normalizer import Normalizer
from tapeline.simulator.registry import VENUES, speller
from tapeline.simulator.synthetic.tape import MarketSettings, MarketTape
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.store import ParquetStore
from tapeline.tape import parse_line
from tapeline.telemetry.clock import SystemClock
from tests.python.accessing import fill
from tests.python.storing import as_read

FRAMES = 400
FOREVER = 2**62


@pytest.mark.parametrize("of", list(VENUES), ids=" ".join)
@pytest.mark.parametrize("book_every", [0, 30])
def test_a_stored_book_equals_the_live_one(
    of: tuple[str, str], book_every: int, tmp_path: Path
) -> None:
    spelled = speller(*of)
    names = spelled.default_symbols.split(",")
    settings = MarketSettings(symbols=names, types=["l2"], frames=FRAMES)
    normalizer = Normalizer(exchange=of[0], market=of[1], book_every=book_every)
    sent: list[tuple[str, bytes, bytes]] = []
    compared = 0
    for place, line in enumerate(MarketTape(settings, spelled).lines(), 1):
        frame = parse_line(line)
        if frame.kind == "http":
            url = frame.url.removeprefix("synthetic:")
            sent += normalizer.push_reply(url, frame.raw, frame.recv_ns).messages
        else:
            sent += normalizer.push([frame.raw], frame.recv_ns).messages
        if place not in (FRAMES // 4, FRAMES):
            continue
        root = tmp_path / str(place)
        fill(ParquetStore(LocalFolder(root), clock=SystemClock()), as_read(sent), chunks=2)
        data = tl.open(root)
        for each in normalizer.books():
            live = normalizer.book(each["raw_symbol"], each["channel"]) or {}
            book = data.book_at(live["raw_symbol"])
            assert book.state == live["state"]
            after = data.book_at(live["raw_symbol"], FOREVER)
            assert after.state == ("stale" if book.is_live else live["state"])
            assert after.trusted_depth == (0, 0)
            assert book.last_update_id == live["last_update_id"]
            assert book.to_dict()["bids"] == [list(level) for level in live["bids"]]
            assert book.to_dict()["asks"] == [list(level) for level in live["asks"]]
            compared += book.is_live
    assert compared >= 2


def test_a_book_is_as_of_its_moment(tmp_path: Path) -> None:
    spelled = speller("bybit", "spot")
    settings = MarketSettings(
        symbols=["BTC/USDT"], types=["l2"], frames=FRAMES, has_anomalies=False
    )
    normalizer = Normalizer(exchange="bybit", market="spot")
    sent, moments = [], []
    for line in MarketTape(settings, spelled).lines():
        frame = parse_line(line)
        sent += normalizer.push([frame.raw], frame.recv_ns).messages
        live = normalizer.book("BTCUSDT") or {}
        moments.append((live["last_update_id"], live["bids"], live["asks"]))
    fill(ParquetStore(LocalFolder(tmp_path), clock=SystemClock()), as_read(sent), chunks=3)
    data = tl.open(tmp_path)
    rows = data.load(types="orderbook").orderbook.to_arrow().to_pylist()
    for place in (1, 57, 200, len(rows) - 1):
        time = rows[place]["timestamp_ns"]
        last = max(p for p, row in enumerate(rows) if row["timestamp_ns"] == time)
        book = data.book_at("BTC/USDT", time)
        expected = next(each for each in moments if each[0] == rows[last]["last_update_id"])
        assert (book.last_update_id, book.to_dict()["bids"]) == (
            expected[0],
            [list(level) for level in expected[1]],
        )
        assert book.best_bid is not None
        assert book.best_ask is not None
        assert book.best_bid[0] < book.best_ask[0]
        assert book.bids.to_arrow()["price"].type == pa.decimal128(38, 18)
        assert book.trusted_depth == (len(book.bids), len(book.asks))
    early = data.book_at("BTC/USDT", rows[0]["timestamp_ns"] - 1)
    assert (early.state, len(early.bids), early.best_ask) == ("unknown", 0, None)


def test_an_instrument_that_is_not_one_is_refused(tmp_path: Path) -> None:
    settings = MarketSettings(symbols=["BTC/USDT"], types=["l2"], frames=20)
    sent = []
    for of in (("bybit", "spot"), ("okx", "spot")):
        normalizer = Normalizer(exchange=of[0], market=of[1])
        for line in MarketTape(settings, speller(*of)).lines():
            sent += normalizer.push([parse_line(line).raw], 1).messages
    fill(ParquetStore(LocalFolder(tmp_path), clock=SystemClock()), as_read(sent), chunks=1)
    data = tl.open(tmp_path)
    with pytest.raises(tl.ArgumentError, match="is on bybit spot, okx spot: say exchange="):
        data.book_at("BTC/USDT", FOREVER)
    assert data.book_at("BTC/USDT", FOREVER, exchange="okx").instrument.raw_symbol == "BTC-USDT"
    with pytest.raises(tl.ArgumentError, match="depth is 1"):
        data.book_at("BTC/USDT", FOREVER, exchange="okx", depth=5)
