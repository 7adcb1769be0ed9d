"""A client that lost frames recovers with the simulator's snapshots, by the venue's own rules."""

import json

import pytest

from tests.python.contract.book_clients import BinanceBook, StreamBook, get, http
from tests.python.contract.simulator_client import listen, serving
from tests.python.contract.venue_tapes import BookTape, binance, bybit, okx

BINANCE = {
    "spot": ("/ws/btcusdt@depth@100ms", "/api/v3/depth?symbol=BTCUSDT&limit=1000"),
    "usdm": ("/public/ws/btcusdt@depth@100ms", "/fapi/v1/depth?symbol=BTCUSDT&limit=1000"),
    "coinm": ("/ws/btcusd_perp@depth@100ms", "/dapi/v1/depth?symbol=BTCUSD_PERP&limit=1000"),
}
OKX_ARG = {"channel": "books", "instId": "BTC-USDT-SWAP"}
STREAMS = {
    "okx swap": ("/ws/v5/public", OKX_ARG),
    "bybit spot": ("/v5/public/spot", "orderbook.50.BTCUSDT"),
    "bybit linear": ("/v5/public/linear", "orderbook.50.BTCUSDT"),
    "bybit inverse": ("/v5/public/inverse", "orderbook.50.BTCUSDT"),
}
DAMAGE = (["drop=3%"], ["gap=5", "drop=1%"], ["reorder=2%"], ["duplicate=5%", "drop=1%"])


def stream_tape(name: str) -> BookTape:
    return okx() if name == "okx swap" else bybit(name.partition(" ")[2])


def last_id(tape: BookTape) -> int:
    data = json.loads(tape.frames[-1].raw)["data"]
    update: int = data[0]["seqId"] if isinstance(data, list) else data["u"]
    return update


@pytest.mark.parametrize("faults", [[], *DAMAGE], ids=",".join)
@pytest.mark.parametrize("market", list(BINANCE))
async def test_a_binance_book_recovers_by_rest(market: str, faults: list[str]) -> None:
    path, rest = BINANCE[market]
    # Else the tape is over before a slow client has its first snapshot, and nothing is missed.
    tape = binance(market, pause_ns=1_500_000_000)
    of = ("binance", market)
    async with serving(tape.frames, *faults, of=of, is_once=False, speed=1.0) as running:
        client = BinanceBook(running.url, rest, market != "spot", last_id(tape))
        await client.run(path)
    assert client.last == last_id(tape)
    assert client.book == tape.final
    assert (client.snapshots > 1) is (faults != [] and faults != ["duplicate=5%"])


@pytest.mark.parametrize("faults", DAMAGE, ids=",".join)
@pytest.mark.parametrize("name", list(STREAMS))
async def test_a_streamed_book_recovers_by_resubscribing(name: str, faults: list[str]) -> None:
    exchange, _, market = name.partition(" ")
    path, arg = STREAMS[name]
    tape = stream_tape(name)
    of = (exchange, market)
    async with serving(tape.frames, *faults, of=of, is_once=False, speed=1.0) as running:
        join, leave = (json.dumps({"op": op, "args": [arg]}) for op in ("subscribe", "unsubscribe"))
        client = StreamBook(running.url, join, leave, exchange == "okx", last_id(tape))
        await client.run(path)
    assert client.snapshots > 1
    assert client.last == last_id(tape)
    assert client.book == tape.final


async def test_a_book_that_the_tape_does_not_know_is_not_found() -> None:
    frames = binance("spot").frames[1:]
    async with serving(frames, speed=1.0) as running:
        status, body = await status_of(http(running.url) + BINANCE["spot"][1])
        assert (status, body["msg"]) == (404, "the tape has no snapshot of BTCUSDT")
        status, body = await status_of(http(running.url) + "/api/v3/depth?symbol=NOSUCH")
        assert (status, body["code"]) == (400, -1121)
        await listen(running.url + BINANCE["spot"][0])


async def status_of(url: str) -> tuple[int, dict[str, object]]:
    import asyncio
    from urllib.error import HTTPError

    try:
        return 200, await asyncio.to_thread(get, url)
    except HTTPError as error:
        return error.code, json.loads(error.read())
