"""The live socket over real connections: requests, refusals, limits."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tapeline.api.live.settings import LiveSettings
from tapeline.telemetry.clock import SystemClock
from tests.python.live_serving import (
    PATIENCE_S,
    TRADES,
    Client,
    Serving,
    quantities,
    serving,
    trade_rows,
    until,
)
from tests.python.slow_clients import SlowClient, messages
from tests.services.kafka import free_port

SUBSCRIBE: Final = {"op": "subscribe", "id": 1, **TRADES}
TOKEN: Final = "k" * 43


@pytest.fixture(scope="module")
def server() -> Iterator[Serving]:
    with serving() as found:
        yield found


async def test_a_subscription_brings_every_event_once_and_in_order() -> None:
    with serving() as server:
        async with await Client.open(server.url) as client:
            channel = await client.subscribe(TRADES)
            for batch in range(40):
                server.publish(trade_rows(5, 5 * batch))
            found = await client.events(200, channel)
    assert quantities(found) == list(range(200))
    assert [frame.sequence for frame in found] == list(range(1, 41))
    assert found[0].columns["event_id"][3] == (3).to_bytes(16).hex()


async def test_all_clients_of_a_topic_share_its_channel_and_its_bytes() -> None:
    with serving() as server:
        lines = [(await Client.open(server.url)).line for _ in range(3)]
        for line in lines:
            await line.send(json.dumps(SUBSCRIBE))
            await line.recv()
            await line.recv()
        server.publish(trade_rows(4))
        async with asyncio.timeout(PATIENCE_S):
            first, *others = [await line.recv() for line in lines]
            for line in lines:
                await line.close()
    assert isinstance(first, bytes)
    assert others == [first, first]


async def test_json_says_the_same_as_frames() -> None:
    with serving() as server:
        async with await Client.open(server.url) as client:
            channel = await client.subscribe(TRADES, form="json")
            server.publish(trade_rows(2))
            await client.events(2, channel)
    (data,) = client.data
    assert (data["kind"], data["sequence"]) == ("trades", 1)
    assert [row["quantity"] for row in data["rows"]] == ["0", "1"]
    assert data["rows"][0] | {"event_id": ""} == {
        "time_ns": 1_764_000_000_000_000_000,
        "received_ns": 1_764_000_000_000_000_000,
        "price": "61837.63",
        "quantity": "0",
        "event_id": "",
        "side": "buy",
        "quality": "perfect",
    }


async def test_after_unsubscribing_nothing_more_comes() -> None:
    with serving() as server:
        async with await Client.open(server.url) as client:
            channel = await client.subscribe(TRADES)
            await client.say({"op": "unsubscribe", "id": 1})
            await client.until("unsubscribed")
            server.publish(trade_rows(2))
            other = await client.subscribe({**TRADES, "symbol": "ETH/USDT"}, 2)
            server.publish(trade_rows(2, symbol="ETH/USDT"))
            await client.events(2, other)
            assert client.rows(channel) == 0
            assert server.hub.wanted == {key for key in server.hub.wanted if "ETH" in key.symbol}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", "not_json"),
        ('{"op":"ping","op"', "not_json"),
        ("[1]", "bad_message"),
        ("null", "bad_message"),
        ("{}", "unknown_op"),
        ('{"op":"drop table"}', "unknown_op"),
        ('{"op":["ping"]}', "unknown_op"),
        ('{"op":"subscribe"}', "bad_message"),
        ('{"op":"subscribe","id":-1}', "bad_message"),
        ('{"op":"subscribe","id":4294967296}', "bad_message"),
        ('{"op":"subscribe","id":1.5}', "bad_message"),
        ('{"op":"subscribe","id":true}', "bad_message"),
        ('{"op":"subscribe","id":1}', "bad_message"),
        ('{"op":"unsubscribe","id":77}', "unknown_id"),
        ('{"op":"unsubscribe"}', "bad_message"),
        (json.dumps({**SUBSCRIBE, "type": "secrets"}), "unknown_type"),
        (json.dumps({**SUBSCRIBE, "type": 7}), "bad_message"),
        (json.dumps({**SUBSCRIBE, "exchange": "../../etc"}), "bad_name"),
        (json.dumps({**SUBSCRIBE, "market": "spot'; drop table trade"}), "bad_name"),
        (json.dumps({**SUBSCRIBE, "symbol": ""}), "bad_name"),
        (json.dumps({**SUBSCRIBE, "symbol": "A" * 65}), "bad_name"),
        (json.dumps({**SUBSCRIBE, "symbol": "<script>"}), "bad_name"),
        (json.dumps({**SUBSCRIBE, "symbol": "BTC\u0000"}), "bad_name"),
        (json.dumps({**SUBSCRIBE, "format": "xml"}), "bad_format"),
    ],
)
async def test_a07_a_bad_message_is_answered_and_the_connection_goes_on(
    message: str, code: str, server: Serving
) -> None:
    async with await Client.open(server.url) as client:
        await client.say(message)
        answer = await client.until("error")
        assert answer["code"] == code
        assert "drop table" not in answer["message"]
        await client.say({"op": "ping"})
        await client.until("pong")


async def test_an_id_and_a_topic_are_used_once(server: Serving) -> None:
    async with await Client.open(server.url) as client:
        await client.subscribe(TRADES)
        await client.say(SUBSCRIBE)
        assert (await client.until("error"))["code"] == "duplicate_id"
        await client.say({**SUBSCRIBE, "id": 2})
        assert (await client.until("error"))["code"] == "duplicate_topic"


async def test_a07_subscriptions_are_limited() -> None:
    settings = LiveSettings(max_subscriptions=3, max_silent_topics=4)
    with serving(settings) as server:
        async with await Client.open(server.url) as client, await Client.open(server.url) as other:
            for number in range(3):
                await client.subscribe({**TRADES, "symbol": f"S{number}"}, number)
            await client.say({**SUBSCRIBE, "id": 9})
            assert (await client.until("error"))["code"] == "too_many_subscriptions"
            await other.subscribe({**TRADES, "symbol": "S4"}, 1)
            await other.say({**SUBSCRIBE, "id": 2, "symbol": "S5"})
            assert (await other.until("error"))["code"] == "too_many_topics"
            # A topic with data, or one that somebody has, costs nothing new.
            await other.subscribe({**TRADES, "symbol": "S0"}, 3)
        await until(lambda: server.hub.topics == 0)


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([b"\x00\x01"], 1003),
        (["x" * 5000], 1009),
        (["x" * 10_000_000], 1009),
        (['{"op":"ping"}'] * 10_000, 4429),
        (
            [json.dumps({**SUBSCRIBE, "id": each, "symbol": f"S{each}"}) for each in range(10_000)],
            4429,
        ),
    ],
    ids=["binary", "large", "10 MB", "flood", "10,000 subscriptions"],
)
async def test_a07_who_breaks_a_limit_is_closed_and_others_are_not(
    messages: list[str | bytes], code: int, server: Serving
) -> None:
    symbol = {**TRADES, "symbol": f"OTHER{code}{len(messages)}"}
    async with await Client.open(server.url) as other:
        channel = await other.subscribe(symbol)
        line = (await Client.open(server.url, max_queue=None)).line
        with pytest.raises(ConnectionClosed) as closed:
            await _talk(line, messages)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code
        server.publish(trade_rows(3, symbol=symbol["symbol"]))
        assert quantities(await other.events(3, channel)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("origin", "code"),
    [
        (None, None),
        ("http://127.0.0.1:{port}", None),
        ("https://desk.example", None),
        ("https://evil.example", 4403),
        ("http://127.0.0.1.evil.example:{port}", 4403),
        ("http://127.0.0.1:1", 4403),
        ("null", 4403),
        ("", 4403),
    ],
)
async def test_a_page_of_another_origin_is_refused(origin: str | None, code: int | None) -> None:
    with serving(allowed_origins=frozenset({"https://desk.example"})) as server:
        said = None if origin is None else {"Origin": origin.format(port=server.port)}
        assert await _close_code(server, additional_headers=said) == code


async def test_a_page_that_rebound_its_name_to_this_server_is_refused(server: Serving) -> None:
    name = f"evil.example:{server.port}"
    line = await asyncio.get_running_loop().run_in_executor(None, _rebound, server.port, name)
    told, _ = messages(line)
    opcode, content = told[-1]
    assert (opcode, int.from_bytes(content[:2])) == (8, 4403)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({}, 4401),
        ({"additional_headers": {"Authorization": f"Bearer {TOKEN}"}}, None),
        ({"additional_headers": {"Authorization": f"bearer  {TOKEN}"}}, None),
        ({"additional_headers": {"Authorization": "Bearer  "}}, 4401),
        ({"additional_headers": {"Authorization": f"Bearer {TOKEN}x"}}, 4401),
        ({"additional_headers": {"Authorization": f"Basic {TOKEN}"}}, 4401),
        ({"subprotocols": ["tapeline.v1", f"tapeline.token.{TOKEN}"]}, None),
        ({"subprotocols": ["tapeline.v1", "tapeline.token."]}, 4401),
        ({"subprotocols": ["tapeline.v1"]}, 4401),
    ],
)
async def test_a_token_is_needed_where_one_is_set(
    options: dict[str, Any], code: int | None
) -> None:
    with serving(token=TOKEN) as server:
        assert await _close_code(server, **options) == code
        assert await _close_code(server, query=f"?token={TOKEN}") == 4401


async def test_a_connection_ends_with_its_token() -> None:
    until_ns = SystemClock().wall_ns() + 6_000_000_000
    settings = LiveSettings(slow_after_s=0.8)
    with serving(settings, token=TOKEN, until_ns=until_ns) as server:
        async with await Client.open(
            server.url, additional_headers={"Authorization": f"Bearer {TOKEN}"}
        ) as client:
            await client.until("status")
            with pytest.raises(ConnectionClosed) as closed:
                await client.until("never")
        assert SystemClock().wall_ns() >= until_ns
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
        await until(lambda: server.hub.clients == 0)


async def test_the_server_agrees_to_its_protocol_and_never_to_a_token() -> None:
    with serving(token=TOKEN) as server:
        offered: Any = ["tapeline.v1", f"tapeline.token.{TOKEN}"]
        async with connect(server.url, subprotocols=offered, open_timeout=PATIENCE_S) as line:
            assert line.subprotocol == "tapeline.v1"
            assert line.response is not None
            assert TOKEN not in str(line.response.headers)
            # Nothing is compressed, though this client offers it.
            assert "Sec-WebSocket-Extensions" not in line.response.headers


async def test_connections_are_limited() -> None:
    with serving(LiveSettings(max_clients=3)) as server:
        clients = [await Client.open(server.url) for _ in range(3)]
        for client in clients:
            await client.until("status")
        assert await _close_code(server) == 4429
        await clients[0].line.close()
        await until(lambda: server.hub.clients == 2)
        assert await _close_code(server) is None
        for client in clients:
            await client.line.close()


async def test_a07_a_storm_of_connections_leaves_a_client_alone() -> None:
    with serving(LiveSettings(max_clients=20)) as server:
        async with await Client.open(server.url) as client:
            channel = await client.subscribe(TRADES)
            codes = await asyncio.gather(*(_close_code(server) for _ in range(200)))
            server.publish(trade_rows(3))
            assert quantities(await client.events(3, channel)) == [0, 1, 2]
        assert set(codes) <= {None, 4429}
        await until(lambda: server.hub.clients == 0)


async def test_a_client_comes_back_after_the_server_was_started_again() -> None:
    port = free_port()
    with serving(port=port) as server:
        client = await Client.open(server.url)
        await client.subscribe(TRADES)
    with pytest.raises(ConnectionClosed) as closed:
        await client.hear()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
    with serving(port=port) as server:
        async with await Client.open(server.url) as client:
            channel = await client.subscribe(TRADES)
            server.publish(trade_rows(2))
            assert quantities(await client.events(2, channel)) == [0, 1]


def _rebound(port: int, name: str) -> bytes:
    with SlowClient(port, host=name, headers=f"Origin: http://{name}\r\n") as client:
        return client.rest()


async def _talk(line: ClientConnection, messages: Sequence[str | bytes]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        for message in messages:
            await line.send(message)
            # Who never listens misses why the server hangs up.
            await asyncio.sleep(0)
        while True:
            await line.recv()


async def _close_code(server: Serving, query: str = "", **options: Any) -> int | None:  # noqa: ANN401
    """Return the code that a connection is closed with; None when it is served."""
    async with asyncio.timeout(PATIENCE_S):
        line = (await Client.open(server.url + query, **options)).line
        try:
            await line.send('{"op":"ping"}')
            while json.loads(await line.recv())["op"] != "pong":
                pass
        except ConnectionClosed as closed:
            return None if closed.rcvd is None else closed.rcvd.code
        await line.close()
    return None
