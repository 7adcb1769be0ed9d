"""Every venue's own protocol, by its documents: paths, requests, answers, heartbeats, routing."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tapeline.simulator.registry import VENUES
from tapeline.simulator.registry import venue as simulated_venue
from tapeline.tape import TapeFrame
from tests.python.contract.book_clients import get, http
from tests.python.contract.simulator_client import TIMEOUT_S, Heard, Running, read_all, serving
from tests.python.contract.venue_tapes import START_MS, binance, bybit, okx

#: A tape that lasts long enough to talk.
SLOW: dict[str, Any] = {"is_once": False, "speed": 0.05}


@contextlib.asynccontextmanager
async def talking(running: Running, path: str) -> AsyncIterator[ClientConnection]:
    async with connect(running.url + path, proxy=None, max_queue=None) as client:
        yield client


async def asked(client: ClientConnection, request: object, count: int = 1) -> list[Any]:
    """Send a request and return the next messages that are no market data."""
    await client.send(request if isinstance(request, str) else json.dumps(request))
    answers: list[Any] = []
    while len(answers) < count:
        text = await asyncio.wait_for(client.recv(), TIMEOUT_S)
        message = text if text == "pong" else orjson.loads(text)
        if "data" not in message:
            answers.append(message)
    return answers


def usdm_frames() -> list[TapeFrame]:
    """Return one frame of each kind, over and over, 1 ms apart."""
    kinds: dict[str, dict[str, Any]] = {
        "btcusdt@depth@0ms": {"e": "depthUpdate", "s": "BTCUSDT", "U": 1, "u": 2, "pu": 0},
        "btcusdt@bookTicker": {"e": "bookTicker", "s": "BTCUSDT", "u": 2},
        "btcusdt@aggTrade": {"e": "aggTrade", "s": "BTCUSDT", "a": 1},
        "btcusdt@markPrice@1s": {"e": "markPriceUpdate", "s": "BTCUSDT", "r": "0.0001"},
        "!forceOrder@arr": {"e": "forceOrder", "o": {"s": "BTCUSDT", "S": "SELL"}},
    }
    messages = [
        orjson.dumps({"stream": name, "data": {**data, "E": START_MS}})
        for name, data in kinds.items()
    ]
    return [
        TapeFrame(
            START_MS * 1_000_000 + index * 1_000_000, "wss://x/stream", "ws", messages[index % 5]
        )
        for index in range(250)
    ]


ALL_USDM = [
    *("btcusdt@depth@100ms", "btcusdt@bookTicker", "btcusdt@aggTrade"),
    *("btcusdt@markPrice", "!forceOrder@arr"),
]


@pytest.mark.parametrize(
    ("path", "brings"),
    [
        ("/public/stream", {"btcusdt@depth@100ms", "btcusdt@bookTicker"}),
        ("/market/stream", {"btcusdt@aggTrade", "btcusdt@markPrice", "!forceOrder@arr"}),
        ("/stream", {"btcusdt@depth@100ms", "btcusdt@bookTicker"}),
    ],
)
async def test_usdm_acknowledges_every_stream_and_serves_its_path(
    path: str, brings: set[str]
) -> None:
    async with (
        serving(usdm_frames(), of=("binance", "usdm"), is_once=False) as running,
        talking(running, path) as client,
    ):
        await client.send(json.dumps({"method": "SUBSCRIBE", "params": ALL_USDM, "id": 1}))
        assert await client.recv() == '{"result":null,"id":1}'
        heard = Heard()
        await read_all(client, heard, 0.3)
        assert {orjson.loads(frame)["stream"] for frame in heard.frames} == brings
        listed = await asked(client, {"method": "LIST_SUBSCRIPTIONS", "id": 2})
        assert listed == [{"result": ALL_USDM, "id": 2}]


async def test_a_symbols_liquidations_come_from_everybodys_recording() -> None:
    async with (
        serving(usdm_frames(), of=("binance", "usdm")) as running,
        talking(running, "/market/stream?streams=btcusdt@forceOrder") as client,
    ):
        message = orjson.loads(await client.recv())
    assert message["stream"] == "btcusdt@forceOrder"
    assert message["data"]["o"]["s"] == "BTCUSDT"


async def test_okx_answers_each_arg_and_sends_the_book_first() -> None:
    args = [
        {"channel": "books", "instId": "BTC-USDT-SWAP"},
        {"channel": "funding-rate", "instId": "BTC-USDT-SWAP"},
    ]
    request = {"id": "s1", "op": "subscribe", "args": args}
    async with (
        serving(okx().frames, of=("okx", "swap"), **SLOW) as running,
        talking(running, "/ws/v5/public") as first,
        talking(running, "/ws/v5/public") as second,
    ):
        answers = await asked(first, request, 2)
        assert [answer["arg"] for answer in answers] == args
        assert {(answer["event"], answer["id"]) for answer in answers} == {("subscribe", "s1")}
        assert len({answer["connId"] for answer in answers}) == 1
        snapshot = orjson.loads(await first.recv())
        assert snapshot["action"] == "snapshot"
        await second.send(json.dumps(request))
        messages = [orjson.loads(await second.recv()) for _ in range(4)]
        assert [message.get("event") for message in messages] == ["subscribe"] * 2 + [None] * 2
        assert messages[2]["action"] == "snapshot"
        assert messages[2]["data"][0]["prevSeqId"] == -1
        assert messages[3]["data"][0]["prevSeqId"] == messages[2]["data"][0]["seqId"]
        assert await asked(second, "ping") == ["pong"]
        (gone,) = await asked(second, {"op": "unsubscribe", "args": args[:1]})
        assert (gone["event"], gone["arg"]) == ("unsubscribe", args[0])


@pytest.mark.parametrize(
    ("path", "request_text", "code"),
    [
        ("/ws/v5/public", "{}", "60012"),
        ("/ws/v5/public", "hello", "60012"),
        (
            "/ws/v5/public",
            '{"op":"subscribe","args":[{"channel":"trades-all","instId":"BTC-USDT"}]}',
            "60018",
        ),
        (
            "/ws/v5/business",
            '{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}',
            "60018",
        ),
        ("/ws/v5/public", '{"op":"subscribe","args":[{"channel":"books"}]}', "60018"),
    ],
)
async def test_okx_says_what_it_refuses(path: str, request_text: str, code: str) -> None:
    async with (
        serving(okx(5).frames, of=("okx", "swap"), **SLOW) as running,
        talking(running, path) as client,
    ):
        (answer,) = await asked(client, request_text)
    assert (answer["event"], answer["code"]) == ("error", code)


async def test_okx_cuts_a_connection_without_traffic() -> None:
    limits = simulated_venue("okx", "swap").limits
    assert limits.idle_s == 30.0
    short = limits._replace(idle_s=2.0)
    async with (
        serving(okx(5).frames, of=("okx", "swap"), limits=short, **SLOW) as running,
        talking(running, "/ws/v5/public") as silent,
        talking(running, "/ws/v5/public") as speaking,
    ):
        closing = asyncio.create_task(silent.wait_closed())
        while not closing.done():
            assert await asked(speaking, "ping") == ["pong"]
            await asyncio.wait({closing}, timeout=0.1)
        assert silent.close_code == 4004
        assert await asked(speaking, "ping") == ["pong"]
        assert speaking.close_code is None


@pytest.mark.parametrize("category", ["spot", "linear", "inverse"])
async def test_bybit_answers_a_request_whole_and_sends_the_book_first(category: str) -> None:
    topic = "orderbook.50.BTCUSDT"
    request = {"op": "subscribe", "args": [topic, "publicTrade.BTCUSDT"], "req_id": "r7"}
    async with (
        serving(bybit(category).frames, of=("bybit", category), **SLOW) as running,
        talking(running, f"/v5/public/{category}") as first,
        talking(running, f"/v5/public/{category}") as second,
    ):
        (answer,) = await asked(first, request)
        assert answer["success"] is True
        assert (answer["req_id"], answer["op"]) == ("r7", "subscribe")
        assert answer["ret_msg"] == ("subscribe" if category == "spot" else "")
        assert orjson.loads(await first.recv())["type"] == "snapshot"
        await asked(second, request)
        snapshot, delta = [orjson.loads(await second.recv()) for _ in range(2)]
        assert (snapshot["topic"], snapshot["type"], delta["type"]) == (topic, "snapshot", "delta")
        assert delta["data"]["u"] == snapshot["data"]["u"] + 1
        keys = list(snapshot)
        assert (keys.index("ts") < keys.index("type")) is (category == "spot")
        (again,) = await asked(second, request)
        assert (again["success"], again["ret_msg"]) == (
            False,
            f"error:already subscribed,topic:{topic}",
        )


async def test_bybit_has_three_shapes_of_pong() -> None:
    async with (
        serving(bybit("linear", 5).frames, of=("bybit", "linear"), **SLOW) as running,
        talking(running, "/v5/public/linear") as client,
    ):
        pongs = [(await asked(client, {"op": "ping", "req_id": "p"}))[0] for _ in range(3)]
    assert [(pong["op"], "req_id" in pong, pong.get("ret_msg")) for pong in pongs] == [
        ("ping", True, "pong"),
        ("ping", False, "pong"),
        ("pong", False, None),
    ]


async def test_bybit_refuses_too_many_and_unknown_topics() -> None:
    many = [f"publicTrade.S{number}" for number in range(11)]
    async with (
        serving(bybit("spot", 5).frames, of=("bybit", "spot"), **SLOW) as running,
        talking(running, "/v5/public/spot") as client,
    ):
        for args, said in (
            (many, "args size >10"),
            (["orderbook.51.BTCUSDT"], "error:handler not found,topic:orderbook.51.BTCUSDT"),
            (["allLiquidation.BTCUSDT"], "error:handler not found,topic:allLiquidation.BTCUSDT"),
        ):
            (answer,) = await asked(client, {"op": "subscribe", "args": args, "req_id": "x"})
            assert (answer["success"], answer["ret_msg"]) == (False, said)
        (answer,) = await asked(client, {"op": "subscribe", "args": many[:10]})
        assert answer["success"] is True


async def test_a_new_subscriber_of_tickers_gets_the_merged_state() -> None:
    def ticker(kind: str, **data: str) -> TapeFrame:
        message = {"topic": "tickers.BTCUSDT", "type": kind, "data": data, "cs": 1, "ts": START_MS}
        return TapeFrame(START_MS * 1_000_000, "wss://x", "ws", orjson.dumps(message))

    frames = [
        ticker("snapshot", symbol="BTCUSDT", fundingRate="0.0001", markPrice="5"),
        ticker("delta", symbol="BTCUSDT", markPrice="6"),
    ]
    request = {"op": "subscribe", "args": ["tickers.BTCUSDT"]}
    async with (
        serving(frames, of=("bybit", "linear"), is_once=False) as running,
        talking(running, "/v5/public/linear") as first,
        talking(running, "/v5/public/linear") as second,
    ):
        await asked(first, request)
        await first.recv()
        await first.recv()
        await asked(second, request)
        state = orjson.loads(await second.recv())
    assert state["type"] == "snapshot"
    assert state["data"] == {"symbol": "BTCUSDT", "fundingRate": "0.0001", "markPrice": "6"}


INSTRUMENTS = {
    ("binance", "spot"): "/api/v3/exchangeInfo",
    ("binance", "usdm"): "/fapi/v1/exchangeInfo",
    ("binance", "coinm"): "/dapi/v1/exchangeInfo",
    ("okx", "swap"): "/api/v5/public/instruments?instType=SWAP",
    ("bybit", "spot"): "/v5/market/instruments-info?category=spot",
    ("bybit", "linear"): "/v5/market/instruments-info?category=linear",
    ("bybit", "inverse"): "/v5/market/instruments-info?category=inverse",
}


def tape_of(exchange: str, market: str) -> list[TapeFrame]:
    if exchange == "binance":
        return binance(market, 5).frames
    return okx(5).frames if exchange == "okx" else bybit(market, 5).frames


@pytest.mark.parametrize("of", list(INSTRUMENTS), ids=" ".join)
async def test_instruments_are_those_of_the_tape_or_the_recorded_list(of: tuple[str, str]) -> None:
    frames = tape_of(*of)
    path = INSTRUMENTS[of]
    async with serving(frames, of=of, **SLOW) as running:
        made = await asyncio.to_thread(get, http(running.url) + path)
        assert "BTC" in json.dumps(made)
    recorded = [*frames, TapeFrame(None, f"https://x{path}", "http", b'{"recorded":1}')]
    async with serving(recorded, of=of, **SLOW) as running:
        assert await asyncio.to_thread(get, http(running.url) + path) == {"recorded": 1}


@pytest.mark.parametrize("of", list(VENUES), ids=" ".join)
async def test_a_wrong_path_is_refused(of: tuple[str, str]) -> None:
    async with serving(tape_of(*of), of=of, **SLOW) as running:
        with pytest.raises(InvalidStatus) as refused:
            await connect(running.url + "/nosuch", proxy=None)
    assert refused.value.response.status_code == 404


async def test_several_venues_are_served_in_one_loop() -> None:
    async with (
        serving(okx(50).frames, of=("okx", "swap"), is_once=False) as one,
        serving(bybit("linear", 50).frames, of=("bybit", "linear"), is_once=False) as two,
        talking(one, "/ws/v5/public") as first,
        talking(two, "/v5/public/linear") as second,
    ):
        arg = {"channel": "books", "instId": "BTC-USDT-SWAP"}
        await asked(first, {"op": "subscribe", "args": [arg]})
        await asked(second, {"op": "subscribe", "args": ["orderbook.50.BTCUSDT"]})
        for client in (first, second):
            for _ in range(51):
                await asyncio.wait_for(client.recv(), TIMEOUT_S)
