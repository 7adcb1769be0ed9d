"""How each venue is talked to, held against its documents: names, addresses, messages, limits."""

import orjson
import pytest

from tapeline.adapters.binance import requests as binance
from tapeline.adapters.connection.dialect import (
    SILENCE_IS_NORMAL_S,
    Dialect,
    Stream,
    Verb,
    checked_rest_endpoint,
)
from tapeline.adapters.connection.feed import fitting
from tapeline.adapters.connection.subscriptions import Subscriptions
from tapeline.adapters.registry import venue, venues
from tapeline.errors import SettingsError

NS = 1_000_000_000
ALL = [f"{each.exchange} {each.market}" for each in venues()]


def dialect(name: str) -> Dialect:
    found = venue(*name.split()).dialect
    assert found is not None
    return found


@pytest.mark.parametrize("name", ALL)
def test_a_market_can_talk_about_every_channel_it_lists(name: str) -> None:
    known, talk = venue(*name.split()), dialect(name)
    assert (talk.exchange, talk.market) == (known.exchange, known.market)
    assert {each.name for each in talk.channels} == set(known.channels)
    streams = [talk.stream("BTCUSDT", channel) for channel in known.channels]
    assert len({each.name for each in streams}) == len(streams)


@pytest.mark.parametrize(
    ("name", "raw_symbol", "channel", "stream"),
    [
        ("binance spot", "BTCUSDT", "depth", "btcusdt@depth@100ms"),
        ("binance spot", "牛来USDT", "bookTicker", "牛来usdt@bookTicker"),
        ("binance usdm", "BTCUSDT", "markPrice", "btcusdt@markPrice@1s"),
        ("binance coinm", "BTCUSD_PERP", "forceOrder", "btcusd_perp@forceOrder"),
        ("okx swap", "BTC-USDT-SWAP", "books", '{"channel":"books","instId":"BTC-USDT-SWAP"}'),
        (
            "okx swap",
            "BTC-USDT-SWAP",
            "liquidation-orders",
            '{"channel":"liquidation-orders","instType":"SWAP"}',
        ),
        ("bybit linear", "BTCUSDT", "orderbook.50", "orderbook.50.BTCUSDT"),
        ("bybit inverse", "BTCUSD", "tickers", "tickers.BTCUSD"),
    ],
)
def test_a_stream_has_the_venues_name(
    name: str, raw_symbol: str, channel: str, stream: str
) -> None:
    assert dialect(name).stream(raw_symbol, channel).name == stream


@pytest.mark.parametrize(
    ("name", "channel", "url"),
    [
        ("binance spot", "trade", "wss://stream.binance.com:9443/ws/btcusdt@trade"),
        ("binance usdm", "depth", "wss://fstream.binance.com/public/ws/btcusdt@depth@100ms"),
        ("binance usdm", "bookTicker", "wss://fstream.binance.com/public/ws/btcusdt@bookTicker"),
        ("binance usdm", "aggTrade", "wss://fstream.binance.com/market/ws/btcusdt@aggTrade"),
        ("binance usdm", "markPrice", "wss://fstream.binance.com/market/ws/btcusdt@markPrice@1s"),
        ("binance usdm", "forceOrder", "wss://fstream.binance.com/market/ws/btcusdt@forceOrder"),
        ("binance coinm", "aggTrade", "wss://dstream.binance.com/ws/btcusdt@aggTrade"),
        ("okx spot", "trades", "wss://ws.okx.com:8443/ws/v5/public"),
        ("okx spot", "trades-all", "wss://ws.okx.com:8443/ws/v5/business"),
        ("okx swap", "funding-rate", "wss://ws.okx.com:8443/ws/v5/public"),
        ("bybit spot", "publicTrade", "wss://stream.bybit.com/v5/public/spot"),
        ("bybit linear", "tickers", "wss://stream.bybit.com/v5/public/linear"),
        ("bybit inverse", "allLiquidation", "wss://stream.bybit.com/v5/public/inverse"),
    ],
)
def test_a_stream_is_had_at_the_venues_address(name: str, channel: str, url: str) -> None:
    talk = dialect(name)
    stream = talk.stream("BTCUSDT", channel)
    path = talk.channel(channel).path
    assert talk.address(talk.endpoints[0], path, [stream], "ms").url == url


@pytest.mark.parametrize("name", ["binance spot", "okx swap", "bybit linear"])
def test_requests_and_their_answers_fit_together(name: str) -> None:
    talk = dialect(name)
    channel = talk.channels[0].name
    streams = [talk.stream(symbol, channel) for symbol in ("BTCUSDT", "ETHUSDT")]
    message = orjson.loads(talk.request("unsubscribe", 7, streams))
    if name.startswith("binance"):
        assert message == {
            "method": "UNSUBSCRIBE",
            "params": ["btcusdt@trade", "ethusdt@trade"],
            "id": 7,
        }
    elif name.startswith("okx"):
        assert message == {
            "id": "7",
            "op": "unsubscribe",
            "args": [
                {"channel": "trades", "instId": "BTCUSDT"},
                {"channel": "trades", "instId": "ETHUSDT"},
            ],
        }
    else:
        assert message == {
            "req_id": "7",
            "op": "unsubscribe",
            "args": ["publicTrade.BTCUSDT", "publicTrade.ETHUSDT"],
        }


def asking(name: str, *symbols: str) -> Subscriptions:
    talk = dialect(name)
    asked = Subscriptions(talk, [talk.stream(each, talk.channels[0].name) for each in symbols], 10)
    assert asked.next_message(0) is not None
    return asked


def test_okx_acknowledges_each_argument_by_itself() -> None:
    asked = asking("okx swap", "A", "B")
    asked.answer('{"event":"subscribe","arg":{"channel":"trades","instId":"B"},"id":"1"}')
    assert asked.overdue(10 * NS, {}) == ['{"channel":"trades","instId":"A"}']
    asked.answer('{"event":"subscribe","arg":{"channel":"trades","instId":"A"},"id":"1"}')
    assert asked.is_complete


def test_okx_refuses_one_argument_and_takes_the_other() -> None:
    asked = asking("okx swap", "A", "B")
    asked.answer(
        '{"event":"error","code":"60018","connId":"x","id":"1",'
        '"msg":"Wrong URL or channel:trades,instId:A doesn\'t exist."}'
    )
    asked.answer('{"event":"subscribe","arg":{"channel":"trades","instId":"B"},"id":"1"}')
    (refusal,) = asked.refusals
    assert [each.raw_symbol for each in refusal.streams] == ["A"]
    assert "60018" in str(refusal)
    assert asked.overdue(10**15, {}) == []


def test_bybit_refuses_a_whole_request() -> None:
    asked = asking("bybit linear", "A", "B")
    answer = '{"success":false,"ret_msg":"error:handler not found","req_id":"%d","op":"subscribe"}'
    asked.answer(answer % 1)
    assert asked.refusals == []
    # Which of them is at fault, only asking for each alone can tell.
    for number in (2, 3):
        assert asked.next_message(number * NS) is not None
        asked.answer(answer % number)
    assert [[each.raw_symbol for each in found.streams] for found in asked.refusals] == [
        ["A"],
        ["B"],
    ]
    assert "handler not found" in str(asked.refusals[0])
    assert asked.is_answered


@pytest.mark.parametrize(
    ("fault", "refused"), [("handler not found", ["B"]), ("already subscribed", [])]
)
def test_bybit_streams_refused_beside_another_are_asked_for_again(
    fault: str, refused: list[str]
) -> None:
    asked = asking("bybit linear", "A", "B", "C")
    asked.answer(
        f'{{"success":false,"ret_msg":"error:{fault},topic:publicTrade.B",'
        '"conn_id":"x","req_id":"1","op":"subscribe"}'
    )
    assert [each.raw_symbol for found in asked.refusals for each in found.streams] == refused
    assert not asked.is_answered
    again = orjson.loads(asked.next_message(NS) or "")
    assert again["args"] == ["publicTrade.A", "publicTrade.C"]
    asked.answer('{"success":true,"ret_msg":"","conn_id":"x","req_id":"2","op":"subscribe"}')
    assert asked.is_answered


def test_an_answer_without_a_number_is_to_the_oldest_request() -> None:
    asked = asking("bybit linear", "A")
    asked.answer('{"success":true,"ret_msg":"subscribe","conn_id":"x","op":"subscribe"}')
    assert asked.is_complete


def test_many_streams_that_begin_anew_at_once_cost_two_messages() -> None:
    asked = asking("okx swap", *(f"S{n}" for n in range(40)))
    streams = [dialect("okx swap").stream(f"S{n}", "trades") for n in range(40)]
    for stream in streams:
        asked.ask("unsubscribe", [stream])
        asked.ask("subscribe", [stream])
    messages = [orjson.loads(asked.next_message(n * NS) or "{}") for n in range(1, 4)]
    assert [each.get("op") for each in messages] == ["unsubscribe", "subscribe", None]
    assert [len(each.get("args", ())) for each in messages] == [40, 40, 0]


def test_the_order_of_what_is_asked_of_one_stream_stays() -> None:
    asked = asking("okx swap", "A", "B")
    (a, b) = (dialect("okx swap").stream(each, "trades") for each in "AB")
    for verb, stream in (("unsubscribe", a), ("subscribe", a), ("unsubscribe", a)):
        asked.ask(verb, [stream])  # type: ignore[arg-type]
    asked.ask("unsubscribe", [b])
    said = [orjson.loads(asked.next_message(n * NS) or "{}") for n in range(1, 3)]
    # On again and off again cancel each other.
    assert [(each.get("op"), len(each.get("args", ()))) for each in said] == [
        ("unsubscribe", 2),
        (None, 0),
    ]


@pytest.mark.parametrize("name", ["binance spot", "okx swap", "bybit linear"])
@pytest.mark.parametrize(
    "text",
    [
        "pong",
        "",
        "[]",
        '{"arg":{"channel":"trades","instId":"A"},"data":[]}',
        '{"topic":"publicTrade.A","data":[]}',
        '{"success":true,"ret_msg":"pong","op":"ping"}',
        '{"e":"trade","s":"A"}',
    ],
)
def test_data_and_heartbeats_answer_nothing(name: str, text: str) -> None:
    assert dialect(name).answer(text) is None


@pytest.mark.parametrize(("name", "size"), [("bybit spot", 10), ("okx spot", 50)])
def test_a_request_holds_no_more_than_the_venue_takes(name: str, size: int) -> None:
    talk = dialect(name)
    streams = [talk.stream(f"SYMBOL{n}", talk.channels[0].name) for n in range(120)]
    asked = Subscriptions(talk, streams, 10)
    now_ns, sizes = 0, []
    while (message := asked.next_message(now_ns)) is not None:
        sizes.append(len(orjson.loads(message)["args"]))
        assert len(message) <= 65_536
        assert asked.next_message(now_ns) is None, "requests are paced"
        now_ns += NS
    assert sum(sizes) == 120
    assert max(sizes) == size


def test_okx_is_asked_fewer_than_480_times_an_hour() -> None:
    talk = dialect("okx spot")
    asked = Subscriptions(talk, [], 10)
    sent, now_ns = 0, 0
    for number in range(1_000):
        verb: Verb = "subscribe" if number % 2 else "unsubscribe"
        asked.ask(verb, [talk.stream(f"S{number}", "books")])
        sent += asked.next_message(now_ns) is not None
        now_ns += NS
    assert sent <= 480
    assert asked.next_message(3_700 * NS) is not None


def test_a_connection_to_bybit_holds_no_more_than_21000_characters() -> None:
    talk = dialect("bybit linear")
    streams = [Stream("orderbook.50." + "X" * 200, "X", "orderbook.50") for _ in range(150)]
    assert fitting(talk.limits, (), streams) == 93
    assert fitting(talk.limits, streams[:50], streams) == 43
    assert fitting(talk.limits, (), streams[:5]) == 5


def test_a_stream_asked_for_and_given_up_before_it_was_sent_is_not_sent() -> None:
    talk = dialect("okx spot")
    stream = talk.stream("A", "books")
    asked = Subscriptions(talk, [stream], 10)
    asked.ask("unsubscribe", [stream])
    assert asked.next_message(0) is None
    assert asked.is_complete


def test_silence_is_normal_where_it_is() -> None:
    for name, channel in (
        ("binance usdm", "forceOrder"),
        ("okx swap", "liquidation-orders"),
        ("bybit linear", "allLiquidation"),
    ):
        assert dialect(name).channel(channel).patience_s == SILENCE_IS_NORMAL_S


def test_an_unknown_channel_is_named_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match="binance:spot has no channel 'candle'; there are: tr"):
        dialect("binance spot").stream("BTCUSDT", "candle")


def test_many_streams_of_binance_are_subscribed_to_by_message() -> None:
    streams = [Stream(f"s{n}@trade", f"S{n}", "trade") for n in range(101)]
    assert binance.address("wss://x", streams[:100]).subscribe_to == ()
    found = binance.address("wss://x", streams)
    assert (found.url, len(found.subscribe_to)) == ("wss://x/stream", 101)


@pytest.mark.parametrize("text", ["ws://a", "http://", "http://a/b", "a", "https://a?x=1"])
def test_a_rest_endpoint_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="rest_endpoint must look like"):
        checked_rest_endpoint(text)
