"""``tapeline topics``: the topics of a set of instruments, checked, and made if asked for."""

import json
import sys
from pathlib import Path
from time import sleep
from typing import Annotated, Any, Final

import typer

from tapeline.adapters.registry import venue
from tapeline.apps.bus_reader import message_counts
from tapeline.apps.normalizer import load_instruments
from tapeline.errors import SettingsError, TransportError
from tapeline.model import Instrument
from tapeline.storage.schema import EVENT_TYPES
from tapeline.telemetry.clock import Clock, SystemClock
from tapeline.transport.kafka_topics import TopicMaker
from tapeline.transport.local_file import LocalFile
from tapeline.transport.open import kafka_settings, nats_settings
from tapeline.transport.topics import (
    UNKNOWN_SYMBOL,
    RoutingKey,
    TopicLayout,
    kafka_topic,
    parse_routing_key,
)
from tapeline.transport.uris import BusUri, KafkaUri, LocalUri, NatsUri, ZmqUri, parse_uri
from tapeline.wire.native import topic

_EVENT_TYPE_OF: Final = {"l1": "orderbook", "l2": "orderbook"}
_SIDE_CHANNELS: Final = frozenset({"coverage", "quarantine"})
_DEADLINE_NS: Final = 15_000_000_000


def topics_command(
    exchange: Annotated[str, typer.Option(help="Exchange.")] = "binance",
    market: Annotated[str, typer.Option(help="Market.")] = "spot",
    symbols: Annotated[
        str | None, typer.Option(help="Symbols, separated by commas. [all of the instrument list]")
    ] = None,
    instruments: Annotated[
        Path | None, typer.Option(help="exchangeInfo, a tape with it, or our JSON list.")
    ] = None,
    layout: Annotated[
        TopicLayout | None, typer.Option(help="Kafka topics a symbol or a market. [symbol]")
    ] = None,
    transport: Annotated[
        str | None,
        typer.Option(
            help="kafka://HOST:PORT, nats://HOST:PORT or local:PATH: count messages there."
        ),
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Make the missing topics.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Show the topics that hold what these instruments can produce.

    With --transport the messages in each topic are counted; a dash is a topic that is not there.
    """
    chosen = choose(load_instruments(instruments, exchange=exchange, market=market), symbols)
    if create and transport is None:
        raise SettingsError("--create needs --transport: where shall the topics be made?")
    address = parse_uri(transport) if transport is not None else None
    said = _layout_of(address)
    used = layout or said or TopicLayout.SYMBOL
    rows = topic_rows(chosen, exchange, market, used)
    if address is not None:
        if create:
            create_topics(address, used, [row["routing_key"] for row in rows], SystemClock())
        counts = message_counts(address)
        for row in rows:
            name = row["routing_key"] if isinstance(address, LocalUri) else row["topic"]
            row["messages"] = counts.get(name)
    _print(rows, as_json=as_json)


def choose(instruments: list[Instrument], symbols: str | None) -> list[Instrument]:
    """Pick instruments by symbol or by the venue's own spelling.

    Raises
    ------
    SettingsError
        A symbol is not in the list.
    """
    if symbols is None:
        return instruments
    by_name = {each.symbol: each for each in instruments} | {
        each.raw_symbol: each for each in instruments
    }
    names = [name.strip() for name in symbols.split(",") if name.strip()]
    unknown = [name for name in names if name not in by_name]
    if unknown or not names:
        raise SettingsError(
            f"symbol {unknown[0] if unknown else symbols!r} is not in the instrument list;"
            " give another list with --instruments"
        )
    return [by_name[name] for name in dict.fromkeys(names)]


def topic_rows(
    instruments: list[Instrument], exchange: str, market: str, layout: TopicLayout
) -> list[dict[str, Any]]:
    """Return one row a routing key: type, symbol, routing key and Kafka topic, all checked."""
    made = {_EVENT_TYPE_OF.get(name, name) for name in venue(exchange, market).types}
    rows = []
    for event_type in EVENT_TYPES:
        if event_type not in made | _SIDE_CHANNELS:
            continue
        for each in instruments:
            key = parse_routing_key(topic(event_type, exchange, market, each.raw_symbol))
            rows.append(_row(event_type, each.symbol, key, layout))
    unknown = RoutingKey("quarantine", exchange, market, UNKNOWN_SYMBOL)
    return [*rows, _row("quarantine", "", unknown, layout)]


def create_topics(
    address: BusUri, layout: TopicLayout, routing_keys: list[str], clock: Clock
) -> None:
    """Make the topics of these routing keys and wait until they are there.

    Raises
    ------
    TransportError
        Not all of them are there after 15 s, or another process writes the local file.
    """
    if isinstance(address, LocalUri):
        file = LocalFile(address.path)
        file.add_topics(routing_keys)
        file.close()
        return
    names = {kafka_topic(parse_routing_key(key), layout) for key in routing_keys}
    if isinstance(address, NatsUri):
        from tapeline.transport.nats_connection import make_streams

        settings = nats_settings(address)
        make_streams(address, [settings.stream_config(name) for name in sorted(names)])
        return
    if isinstance(address, ZmqUri):
        raise SettingsError("a ZeroMQ publisher has no topics to make")
    maker = TopicMaker(kafka_settings(address))
    maker.want(sorted(names))
    end = clock.monotonic_ns() + _DEADLINE_NS
    while not all(maker.is_ready(name) for name in names):
        if clock.monotonic_ns() > end:
            missing = sum(not maker.is_ready(name) for name in names)
            raise TransportError(f"{missing} of {len(names)} topics were not made within 15 s")
        maker.step(clock.monotonic_ns())
        sleep(0.02)


def _layout_of(address: BusUri | None) -> TopicLayout | None:
    if isinstance(address, NatsUri):
        return nats_settings(address).layout
    return address.layout if isinstance(address, KafkaUri) else None


def _row(event_type: str, symbol: str, key: RoutingKey, layout: TopicLayout) -> dict[str, Any]:
    return {
        "type": event_type,
        "symbol": symbol,
        "routing_key": str(key),
        "topic": kafka_topic(key, layout),
    }


def _print(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
        return
    from rich.console import Console
    from rich.table import Table

    has_counts = bool(rows) and "messages" in rows[0]
    table = Table("type", "symbol", "topic", box=None, pad_edge=False)
    if has_counts:
        table.add_column("messages", justify="right")
    for row in rows:
        cells = [row["type"], row["symbol"], row["topic"]]
        if has_counts:
            cells.append("-" if row["messages"] is None else f"{row['messages']:,}")
        table.add_row(*cells)
    console = Console()
    # A name that is cut off is useless, and into a pipe there is no edge.
    (console if console.is_terminal else Console(width=300)).print(table)
