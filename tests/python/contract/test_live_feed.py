"""From the bus to a client: events of now, books equal to the engine's, a bus that goes away."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest

from tapeline.apps.live_feed import FeedSettings
from tapeline.apps.normalizer import Normalizer
from tapeline.simulator.registry import speller
from tapeline.simulator.synthetic.tape import MarketSettings, MarketTape
from tapeline.tape import parse_line
from tapeline.transport.local_file import LocalFile
from tapeline.transport.open import open_sink
from tapeline.transport.ports import MessageSink
from tapeline.wire.native import decode
from tests.python.live_frames import Frame
from tests.python.live_serving import PATIENCE_S, Client, ShownBook, serving_bus, until
from tests.python.storing import make_messages
from tests.services.kafka import KafkaBroker
from tests.services.nats import NatsServer

Sent = tuple[str, bytes, bytes]
BTC: Final = {"exchange": "binance", "market": "spot", "symbol": "BTC/USDT"}
LEVELS: Final = 20
_MARKETS: Final = [("binance", "spot"), ("okx", "swap"), ("bybit", "linear")]


def append(path: Path, messages: Sequence[Sent]) -> None:
    file = LocalFile(path, mode="write")
    file.append(messages)
    file.close()


def settings(path: Path, **options: Any) -> FeedSettings:  # noqa: ANN401
    return FeedSettings(f"local:{path}", book_levels=LEVELS, again_after_s=0.05, **options)


class Market:
    """A generated market, pushed through the pipeline piece by piece."""

    def __init__(
        self,
        of: tuple[str, str],
        frames: int,
        book_every: int = 0,
        *,
        has_anomalies: bool = True,
    ) -> None:
        spelled = speller(*of)
        self.names = [each.strip() for each in spelled.default_symbols.split(",")][:1]
        tape = MarketSettings(
            symbols=self.names, types=["l2"], frames=frames, has_anomalies=has_anomalies
        )
        self._lines = list(MarketTape(tape, spelled).lines())
        self._normalizer = Normalizer(exchange=of[0], market=of[1], book_every=book_every)
        self.of = of

    def push(self, part: slice) -> list[Sent]:
        """Return the messages of a part of the frames."""
        sent: list[Sent] = []
        for line in self._lines[part]:
            frame = parse_line(line)
            if frame.kind == "http":
                url = frame.url.removeprefix("synthetic:")
                sent += self._normalizer.push_reply(url, frame.raw, frame.recv_ns).messages
            else:
                sent += self._normalizer.push([frame.raw], frame.recv_ns).messages
        return sent

    def book(self) -> dict[str, Any]:
        """Return the engine's book now."""
        (raw,) = {each["raw_symbol"] for each in self._normalizer.books()}
        return self._normalizer.book(raw) or {}

    def topic(self, kind: str) -> dict[str, str]:
        return {
            "type": kind,
            "exchange": self.of[0],
            "market": self.of[1],
            "symbol": self.names[0],
        }


def equals(shown: ShownBook, expected: dict[str, Any]) -> bool:
    """Whether a client shows the engine's best levels, and shows none of a book not live."""
    if expected["state"] != "live":
        return not shown.is_live and not shown.levels
    return shown.is_live and all(
        shown.side(name) == [tuple(level) for level in expected[f"{name}s"][:LEVELS]]
        for name in ("bid", "ask")
    )


@pytest.mark.parametrize("of", _MARKETS, ids=" ".join)
async def test_a_clients_book_is_the_engines_at_each_step(
    of: tuple[str, str], tmp_path: Path
) -> None:
    market = Market(of, 600)
    path = tmp_path / "bus.db"
    append(path, market.push(slice(0, 200)))
    live_steps = 0
    with serving_bus(settings(path)) as (url, live):
        await until(lambda: live.hub.topics > 0)
        async with await Client.open(url) as client:
            channel = await client.subscribe(market.topic("book"))
            shown, seen = ShownBook(), 0
            for step in range(200, 600, 40):
                append(path, market.push(slice(step, step + 40)))
                expected = market.book()
                live_steps += expected["state"] == "live"
                async with asyncio.timeout(PATIENCE_S):
                    while True:
                        mine = [each for each in client.frames if each.channel == channel]
                        for frame in mine[seen:]:
                            shown.apply(frame)
                        seen = len(mine)
                        if equals(shown, expected):
                            break
                        await client.hear()
    assert live_steps >= 5
    assert shown.snapshots >= 1
    assert shown.updates >= 5


async def test_who_comes_late_gets_the_book_of_now_and_the_best_prices(tmp_path: Path) -> None:
    market = Market(("bybit", "spot"), 300)
    path = tmp_path / "bus.db"
    append(path, market.push(slice(0, 300)))
    expected = market.book()
    assert expected["state"] == "live"
    with serving_bus(settings(path)) as (url, _):
        async with await Client.open(url) as client:
            channel = await client.subscribe(market.topic("book"))
            best = await client.subscribe(market.topic("bbo"), 2)
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    shown = _shown(client, channel)
                    told = [frame for frame in _of(client, best) if not frame.flags]
                    if equals(shown, expected) and told:
                        break
                    await client.hear()
    columns = told[-1].columns
    for side in ("bid", "ask"):
        (price, size) = expected[f"{side}s"][0]
        assert (columns[f"{side}_price"], columns[f"{side}_quantity"]) == ([price], [size])


@pytest.mark.parametrize("of", _MARKETS, ids=" ".join)
async def test_a_snapshot_of_the_rebuilt_book_is_a_beginning(
    of: tuple[str, str], tmp_path: Path
) -> None:
    market = Market(of, 400, book_every=30, has_anomalies=False)
    path = tmp_path / "bus.db"
    append(path, market.push(slice(0, 400)))
    expected = market.book()
    assert expected["state"] == "live"
    # What the venue sent as a whole book lies further back than is read.
    with serving_bus(settings(path, warmup_messages=80)) as (url, _):
        async with await Client.open(url) as client:
            channel = await client.subscribe(market.topic("book"))
            async with asyncio.timeout(PATIENCE_S):
                while not equals(_shown(client, channel), expected):
                    await client.hear()


async def test_without_a_snapshot_no_book_is_shown(tmp_path: Path) -> None:
    market = Market(("binance", "spot"), 400, has_anomalies=False)
    path = tmp_path / "bus.db"
    append(path, market.push(slice(0, 400)))
    with serving_bus(settings(path, warmup_messages=80)) as (url, live):
        await until(lambda: live.hub.topics > 0)
        async with await Client.open(url) as client:
            channel = await client.subscribe(market.topic("book"))
            while not _of(client, channel):
                await client.hear()
            shown = _shown(client, channel)
    assert (shown.is_live, shown.levels, shown.snapshots) == (False, {}, 1)


async def test_events_begin_with_those_of_now(tmp_path: Path) -> None:
    messages = make_messages(600)
    old, new = messages[: len(messages) // 2], messages[len(messages) // 2 :]
    path = tmp_path / "bus.db"
    append(path, old)
    with serving_bus(settings(path)) as (url, live):
        await until(lambda: live.is_connected)
        async with await Client.open(url) as client:
            channel = await client.subscribe({"type": "trade", **BTC}, form="json")
            coverage = await client.subscribe({"type": "coverage", **BTC}, 2)
            append(path, [*new, *new])
            expected = _trade_ids(new)
            while client.rows(channel) < len(expected):
                await client.hear()
            # Every delivery is the same batch: it is shown once.
            append(path, make_messages(3, first_id=900_000, producer="later"))
            while client.rows(channel) == len(expected) or not client.rows(coverage):
                await client.hear()
    told = _told_ids(client, channel)
    assert told[: len(expected)] == expected
    assert len(told) == len(set(told))
    facts = {(each.symbol, each.type): each for each in live.streams()}
    assert facts["BTC/USDT", "trade"].rows > len(expected)
    assert live.feed is not None
    assert live.feed.lag.encoding.count > 0
    (stated,) = [row for each in client.data if each["channel"] == coverage for row in each["rows"]]
    assert (stated["kind"], stated["proof"]) == ("session_start", "inferred")


async def test_a_bus_that_is_away_is_said_and_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "bus.db"
    with serving_bus(settings(path)) as (url, live):
        async with await Client.open(url) as client:
            status = await client.until("status")
            assert status["status"] == "stale"
            channel = await client.subscribe({"type": "trade", **BTC})
            append(path, make_messages(3, producer="first"))
            assert (await client.until("status"))["status"] == "live"
            path.rename(tmp_path / "away.db")
            stale = await client.until("status")
            assert stale["status"] == "stale"
            assert stale["since_ns"] > 0
            assert "removed" in stale["reason"]
            assert not live.is_connected
            append(path, make_messages(3, producer="second"))
            assert (await client.until("status"))["status"] == "live"
            before = client.rows(channel)
            append(path, make_messages(30, producer="third", first_id=5_000))
            while client.rows(channel) == before:
                await client.hear()


async def test_a_bus_that_is_opened_again_is_read_back_for_its_books(tmp_path: Path) -> None:
    market = Market(("binance", "spot"), 400, has_anomalies=False)
    path = tmp_path / "bus.db"
    sent = market.push(slice(0, 300))
    append(path, sent)
    with serving_bus(settings(path)) as (url, live):
        await until(lambda: live.hub.topics > 0)
        path.rename(tmp_path / "away.db")
        # The same messages, as of a file that was restored.
        append(path, sent)
        await until(lambda: live.feed is not None and live.feed.opened >= 2)
        append(path, market.push(slice(300, 400)))
        expected = market.book()
        assert expected["state"] == "live"
        async with await Client.open(url) as client:
            channel = await client.subscribe(market.topic("book"))
            async with asyncio.timeout(PATIENCE_S):
                while not equals(_shown(client, channel), expected):
                    await client.hear()


@pytest.mark.integration
@pytest.mark.parametrize("kind", ["kafka", "nats"])
async def test_a_broker_that_freezes_makes_the_feed_stale_and_nothing_is_missed(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    messages = make_messages(600)
    broker: KafkaBroker | NatsServer
    if kind == "kafka":
        broker = kafka = request.getfixturevalue("own_broker")
        servers = kafka.servers
    else:
        broker = nats = request.getfixturevalue("own_nats")
        servers = nats.address
    uri = f"{kind}://{servers}?spool={tmp_path / 'spool.db'}"
    sink = open_sink(uri)
    try:
        sink.create_topics(sorted({key for key, _, _ in messages}))
        sink.send(messages[:5])
        await until(lambda: _is_sent(sink))
        feed = FeedSettings(uri, again_after_s=0.05)
        with serving_bus(feed) as (url, live):
            await until(lambda: live.is_connected)
            async with await Client.open(url) as client:
                channel = await client.subscribe({"type": "trade", **BTC}, form="json")
                await _is_followed(sink, client, channel)
                before = _told_ids(client, channel)
                broker.pause()
                while (await client.until("status"))["status"] != "stale":
                    pass
                broker.resume()
                while (await client.until("status"))["status"] != "live":
                    pass
                sink.send(messages[5:])
                await until(lambda: _is_sent(sink))
                expected = _trade_ids(messages[5:])
                while client.rows(channel) < len(before) + len(expected):
                    await client.hear()
                assert _told_ids(client, channel) == [*before, *expected]
    finally:
        sink.close(5)


async def _is_followed(sink: MessageSink, client: Client, channel: int) -> None:
    """Send a batch until it is heard: a feed that has just connected may not know its place yet.

    However often it is delivered, it is shown once.
    """
    batch = make_messages(3, first_id=900_000, producer="first")
    while not client.rows(channel):
        sink.send(batch)
        await until(lambda: _is_sent(sink))
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await client.hear()


def _shown(client: Client, channel: int) -> ShownBook:
    shown = ShownBook()
    for frame in _of(client, channel):
        shown.apply(frame)
    return shown


def _of(client: Client, channel: int) -> list[Frame]:
    return [frame for frame in client.frames if frame.channel == channel]


def _is_sent(sink: MessageSink) -> bool:
    sink.poll()
    return sink.stats().pending == 0


def _told_ids(client: Client, channel: int) -> list[str]:
    told = [each["rows"] for each in client.data if each["channel"] == channel]
    return [row["event_id"] for rows in told for row in rows]


def _trade_ids(messages: Sequence[Sent]) -> list[str]:
    values = [value for key, _, value in messages if key == "trade.binance.spot.btcusdt"]
    rows = decode(values, event_type="trade").to_arrow()
    return [each.hex() for each in rows["event_id"].to_pylist()]
