"""Instrument lists of every market: symbols, sizes, ids, addresses."""

import gzip
import json
import os
import re
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from tapeline.adapters import registry
from tapeline.adapters.instrument_list import from_row, to_row, unite
from tapeline.adapters.registry import resolve_instruments, venue, venue_of_url, venues
from tapeline.errors import ArgumentError, InstrumentError
from tapeline.model import Instrument, normalised_symbol

ROOT = Path(__file__).parents[3]
CAPTURES = Path(os.environ.get("TAPELINE_CAPTURES", ROOT.parent / "shared" / "captures"))
MARKETS = [(each.exchange, each.market) for each in venues()]
SYMBOL = re.compile(r"[^/:\s]+/[^/:\s]+(:[^/:\s-]+(-\d{6})?)?")

needs_captures = pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"no captures in {CAPTURES}")


def listed(exchange: str, market: str, name: str) -> list[Instrument]:
    return resolve_instruments(exchange, market, CAPTURES / name)


def by_raw(instruments: list[Instrument]) -> dict[str, Instrument]:
    found = {each.raw_symbol: each for each in instruments}
    assert len(found) == len(instruments)
    return found


def test_an_id_is_permanent() -> None:
    bitcoin = Instrument("binance", "spot", "BTC/USDT", "BTCUSDT", status="trading")
    assert bitcoin.instrument_id == "d6a44dfc2c51a5f299a464dcab6ee9c0"
    assert Instrument("binance", "spot", "X", "BTCUSDT").instrument_id == bitcoin.instrument_id
    others = [("okx", "spot", "BTCUSDT"), ("binance", "usdm", "BTCUSDT"), ("binance", "spot", "B")]
    for exchange, market, raw_symbol in others:
        other = Instrument(exchange, market, "BTC/USDT", raw_symbol)
        assert other.instrument_id != bitcoin.instrument_id


def test_a_symbol_says_settlement_and_expiry() -> None:
    assert normalised_symbol("BTC", "USDT") == "BTC/USDT"
    assert normalised_symbol("BTC", "USDT", "USDT") == "BTC/USDT:USDT"
    assert normalised_symbol("BTC", "USD", "BTC", "250926") == "BTC/USD:BTC-250926"


@pytest.mark.parametrize(("exchange", "market"), MARKETS)
def test_a_bundled_list_is_whole(exchange: str, market: str) -> None:
    instruments = venue(exchange, market).instruments.bundled()
    by_raw(instruments)
    assert len({(each.market, each.symbol) for each in instruments}) == len(instruments)
    assert sum(each.is_trading for each in instruments) >= 10
    for each in instruments:
        assert SYMBOL.fullmatch(each.symbol), each
        assert (":" in each.symbol) == (each.kind != "spot"), each
        assert (each.kind == "future") == (each.expiry_ns is not None), each
        assert each.is_inverse <= (each.contract_size is not None), each
        assert each.market in venue(exchange, market).carried_markets


@pytest.mark.parametrize(
    ("exchange", "market", "raw_symbol", "symbol", "size"),
    [
        ("binance", "spot", "BTCUSDT", "BTC/USDT", None),
        ("binance", "usdm", "BTCUSDT", "BTC/USDT:USDT", None),
        ("binance", "usdm", "牛来USDT", "牛来/USDT:USDT", None),
        ("binance", "coinm", "BTCUSD_PERP", "BTC/USD:BTC", "100"),
        ("okx", "spot", "BTC-USDT-SWAP", "BTC/USDT:USDT", "0.01"),
        ("okx", "swap", "UNI-USD-SWAP", "UNI/USD:UNI", "10"),
        ("okx", "swap", "BTC-USDT", "BTC/USDT", None),
        ("bybit", "spot", "BTCUSDT", "BTC/USDT", None),
        ("bybit", "linear", "XRPUSDT", "XRP/USDT:USDT", None),
        ("bybit", "linear", "BTCPERP", "BTC/USDC:USDC", None),
        ("bybit", "inverse", "BTCUSD", "BTC/USD:BTC", "1"),
    ],
)
def test_bundled_symbols(
    exchange: str, market: str, raw_symbol: str, symbol: str, size: str | None
) -> None:
    found = by_raw(venue(exchange, market).instruments.bundled())[raw_symbol]
    assert found.symbol == symbol
    assert found.contract_size == (None if size is None else Decimal(size))


@needs_captures
@pytest.mark.parametrize(
    ("exchange", "market", "name", "count"),
    [
        ("binance", "spot", "binance_instruments.jsonl.gz", 1_695),
        ("binance", "usdm", "binance_instruments.jsonl.gz", 122),
        ("binance", "coinm", "binance_instruments.jsonl.gz", 36),
        ("okx", "spot", "okx_instruments.jsonl", 513 + 166 + 104),
        ("okx", "swap", "okx_instruments.jsonl", 513 + 166 + 104),
        ("bybit", "spot", "bybit_instruments.jsonl", 1),
        ("bybit", "linear", "bybit_instruments.jsonl", 9),
        ("bybit", "inverse", "bybit_instruments.jsonl", 4),
    ],
)
def test_a_full_list_has_a_symbol_for_each_and_no_two_alike(
    exchange: str, market: str, name: str, count: int
) -> None:
    instruments = listed(exchange, market, name)
    by_raw(instruments)
    assert len(instruments) == count
    assert len({(each.market, each.symbol) for each in instruments}) == count
    assert len({each.instrument_id for each in instruments}) == count
    for each in instruments:
        assert SYMBOL.fullmatch(each.symbol), each
        assert (each.kind == "spot") == (each.settle == ""), each
        assert each.symbol.startswith(f"{each.base}/{each.quote}"), each


@needs_captures
def test_full_lists_say_size_kind_and_expiry() -> None:
    okx = by_raw(listed("okx", "swap", "okx_instruments.jsonl"))
    swap, inverse = okx["BTC-USDT-SWAP"], okx["BTC-USD-SWAP"]
    assert (swap.market, swap.kind, swap.contract_size) == ("swap", "perpetual", Decimal("0.01"))
    assert (inverse.symbol, inverse.is_inverse) == ("BTC/USD:BTC", True)
    assert inverse.contract_size == 100
    dated = okx["BTC-USDT-220624"]
    assert (dated.market, dated.symbol) == ("futures", "BTC/USDT:USDT-220624")
    assert (dated.kind, dated.expiry_ns) == ("future", 1_656_057_600_000_000_000)
    # The later reply counts: 2026 has another tick size than 2022 would need.
    assert swap.tick_size == Decimal("0.1")

    usdm = by_raw(listed("binance", "usdm", "binance_instruments.jsonl.gz"))
    assert usdm["BTCUSDT_210924"].symbol == "BTC/USDT:USDT-210924"
    assert (usdm["BTCSTUSDT"].kind, usdm["BTCSTUSDT"].is_trading) == ("perpetual", False)
    coinm = by_raw(listed("binance", "coinm", "binance_instruments.jsonl.gz"))
    assert coinm["ETHUSD_211231"].symbol == "ETH/USD:ETH-211231"
    assert {each.contract_size for each in coinm.values()} == {Decimal(10), Decimal(100)}
    spot = by_raw(listed("binance", "spot", "binance_instruments.jsonl.gz"))
    assert not all(each.is_trading for each in spot.values())


@needs_captures
def test_a_bundled_okx_contract_is_as_large_as_the_venue_says() -> None:
    recorded = by_raw(listed("okx", "swap", "okx_instruments.jsonl"))
    bundled = venue("okx", "swap").instruments.bundled()
    contracts = [each for each in bundled if each.contract_size is not None]
    assert len(contracts) >= 30
    for each in contracts:
        known = recorded[each.raw_symbol]
        assert (each.contract_size, each.is_inverse, each.symbol) == (
            known.contract_size,
            known.is_inverse,
            known.symbol,
        )


BYBIT_ROWS = [
    {
        "symbol": "BTCUSDT-26SEP25",
        "contractType": "LinearFutures",
        "status": "Trading",
        "baseCoin": "BTC",
        "quoteCoin": "USDT",
        "settleCoin": "USDT",
        "deliveryTime": "1758873600000",
        "priceFilter": {"tickSize": "0.50"},
    },
    {
        "symbol": "1000PEPEUSDT",
        "contractType": "LinearPerpetual",
        "status": "PreLaunch",
        "baseCoin": "1000PEPE",
        "quoteCoin": "USDT",
        "settleCoin": "USDT",
        "deliveryTime": "0",
    },
]


def test_a_current_bybit_list_is_read() -> None:
    url = "https://api.bybit.com/v5/market/instruments-info?category=linear&limit=1000"
    body = orjson.dumps({"result": {"category": "linear", "list": BYBIT_ROWS}})
    dated, perpetual = venue("bybit", "linear").instruments.parse([(url, body)])
    assert (dated.symbol, dated.kind) == ("BTC/USDT:USDT-250926", "future")
    assert dated.tick_size == Decimal("0.5")
    assert (perpetual.symbol, perpetual.is_trading) == ("1000PEPE/USDT:USDT", False)
    with pytest.raises(InstrumentError, match="holds no instrument of bybit spot"):
        venue("bybit", "spot").instruments.parse([(url, body)])


def test_the_pages_of_a_bybit_list_follow_each_other() -> None:
    bybit = venue("bybit", "linear")
    (url,) = bybit.instruments_urls
    body = b'{"result":{"nextPageCursor":"first%3DX%26last%3DY"}}'
    following = bybit.next_instruments_url(url, body)
    assert following is not None
    assert following.startswith("https://api.bybit.com/v5/market/instruments-info?")
    assert "cursor=first%253DX%2526last%253DY" in following
    assert bybit.next_instruments_url(following, b'{"result":{"nextPageCursor":""}}') is None
    assert bybit.next_instruments_url(url, b"{}") is None
    assert venue("okx", "swap").next_instruments_url(url, body) is None


def test_two_raw_symbols_with_one_symbol() -> None:
    old = Instrument("x", "y", "A/B", "AB", status="break")
    new = Instrument("x", "y", "A/B", "A-B", status="trading")
    assert unite("list", [old, new]) == [new]
    assert unite("list", [new, old]) == [new]
    second = Instrument("x", "y", "A/B", "A_B")
    with pytest.raises(InstrumentError, match="'A-B' and 'A_B' are both 'A/B'"):
        unite("list", [new, second])
    elsewhere = Instrument("x", "z", "A/B", "A-B")
    assert unite("list", [new, elsewhere]) == [new, elsewhere]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"symbol": "A/B"}, "raw_symbol"),
        ({"raw_symbol": "AB", "symbol": "A/B", "kind": "swap"}, "kind must be one of"),
        ({"raw_symbol": "AB", "symbol": "A/B", "contract_size": "0"}, "contract_size must be"),
        ({"raw_symbol": "AB", "symbol": "A/B", "expiry_ns": "1"}, "expiry_ns must be"),
        ({"raw_symbol": "AB", "symbol": "A/B", "base": 1}, "must be text"),
    ],
)
def test_our_own_form_is_checked(row: dict[str, object], message: str) -> None:
    with pytest.raises((KeyError, TypeError, ValueError), match=message):
        from_row(row, "x", "y")


@pytest.mark.parametrize(("exchange", "market"), MARKETS)
def test_our_own_form_loses_nothing(exchange: str, market: str) -> None:
    for each in venue(exchange, market).instruments.bundled():
        again = from_row(json.loads(json.dumps(to_row(each))), exchange, market)
        assert repr(again) == repr(each)


@pytest.mark.parametrize(
    ("url", "market"),
    [
        ("wss://stream.binance.com:9443/stream?streams=btcusdt@trade", "binance spot"),
        ("wss://data-stream.binance.vision/ws/btcusdt@trade", "binance spot"),
        ("https://testnet.binance.vision/api/v3/exchangeInfo", "binance spot"),
        ("wss://fstream.binance.com/market/stream", "binance usdm"),
        ("wss://demo-fstream.binance.com/public/stream", "binance usdm"),
        ("https://testnet.binancefuture.com/fapi/v1/depth?symbol=X", "binance usdm"),
        ("https://testnet.binancefuture.com/dapi/v1/depth?symbol=X", "binance coinm"),
        ("wss://dstream.binance.com/stream", "binance coinm"),
        ("https://dapi.binance.com/dapi/v1/depth", "binance coinm"),
        ("wss://ws.okx.com:8443/ws/v5/public", "okx spot"),
        ("wss://wspap.okx.com:8443/ws/v5/business?brokerId=9999", "okx spot"),
        ("https://www.okx.com/api/v5/market/books?instId=BTC-USDT", "okx spot"),
        ("wss://stream.bybit.com/v5/public/spot", "bybit spot"),
        ("wss://stream-testnet.bybit.com/v5/public/linear", "bybit linear"),
        ("https://api.bybit.com/v5/market/orderbook?category=inverse&symbol=X", "bybit inverse"),
        ("https://quote-saver.bycsi.com/orderbook/linear/XRPUSDT/a.zip", "bybit linear"),
        ("wss://stream.bybit.com/realtime", "bybit inverse"),
        ("wss://stream.bybit.com/realtime_public", "bybit linear"),
        ("wss://stream.bybit.com/v5/public/option", None),
        ("https://www.okx.com/help", None),
        ("wss://notokx.com/ws/v5/public", None),
        ("ws://127.0.0.1:9000/stream?streams=a", None),
        ("wss://[x/", None),
        ("", None),
    ],
)
def test_an_address_names_its_market(url: str, market: str | None) -> None:
    found = venue_of_url(url)
    assert (None if found is None else f"{found.exchange} {found.market}") == market


def test_an_address_of_several_markets_is_the_preferred_one() -> None:
    swap = venue("okx", "swap")
    assert venue_of_url("wss://ws.okx.com:8443/ws/v5/public", swap) is swap
    assert venue_of_url("wss://stream.bybit.com/realtime", swap) is venue("bybit", "inverse")


@needs_captures
def test_every_recorded_frame_has_a_market() -> None:
    for path in sorted(CAPTURES.glob("*.jsonl*")):
        content = path.read_bytes()
        lines = gzip.decompress(content) if path.suffix == ".gz" else content
        urls = {orjson.loads(line)["url"] for line in lines.splitlines()}
        exchange = path.name.split("_")[0]
        for url in urls - {"https://api.bybit.com/v2/public/symbols"}:
            found = venue_of_url(url)
            assert found is not None, url
            assert found.exchange == exchange


def test_instruments_of_a_connection_may_be_of_several_markets() -> None:
    future = Instrument("okx", "futures", "A/B:B-250926", "A-B-250926")
    assert resolve_instruments("okx", "swap", [future]) == [future]
    with pytest.raises(ArgumentError, match="expected instruments of bybit linear"):
        resolve_instruments("bybit", "linear", [Instrument("bybit", "spot", "A/B", "AB")])


def test_a_depth_address_escapes_the_symbol() -> None:
    assert (
        venue("binance", "spot")
        .depth_url_of("币安人生USDT")
        .endswith("/api/v3/depth?symbol=%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT&limit=5000")
    )


def test_a_package_without_a_venue_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "MARKETS", (*registry.MARKETS, "tests.python.unit"))
    with pytest.raises(ImportError):
        venues()
