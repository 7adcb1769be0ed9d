"""Stored rows of every venue, and what a query must answer, worked out row by row."""

import random
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import pyarrow as pa

from tapeline.apps.normalizer import Normalizer
from tapeline.simulator.registry import VENUES, speller
from tapeline.simulator.synthetic.tape import MarketSettings, MarketTape
from tapeline.storage.consumer.batches import Batch, examine
from tapeline.storage.consumer.decoding import decode_batches
from tapeline.storage.ports import Chunk, Message, Store
from tapeline.storage.schema import EVENT_TYPES, HAS_EVENT_ID, TIME_COLUMNS, schema_of
from tapeline.tape import parse_line
from tests.python.storing import as_read

Row = dict[str, Any]


@cache
def market_messages(frames: int = 400) -> tuple[Message, ...]:
    """Clean a faulty tape of every venue; batches of a few frames, in the order of the bus."""
    sent: list[tuple[int, tuple[str, bytes, bytes]]] = []
    for exchange, market in VENUES:
        spelled = speller(exchange, market)
        settings = MarketSettings(
            symbols=spelled.default_symbols.split(","), types=list(spelled.types), frames=frames
        )
        normalizer = Normalizer(exchange=exchange, market=market, book_every=50)
        place = 0
        for place, line in enumerate(MarketTape(settings, spelled).lines()):
            frame = parse_line(line)
            if frame.kind == "http":
                url = frame.url.removeprefix("synthetic:")
                result = normalizer.push_reply(url, frame.raw, frame.recv_ns)
            else:
                result = normalizer.push([frame.raw], frame.recv_ns)
            sent += [(place, message) for message in result.messages]
            if place % 100 == 7:
                # No event comes of these, and of some nobody knows when they came.
                received = frame.recv_ns if place % 200 == 7 else None
                junk = normalizer.push([b"{not json", frame.raw[:40] + b"\xff"], received)
                sent += [(place, message) for message in junk.messages]
            if place == frames // 2:
                lost = normalizer.connection("lost", frame.recv_ns or 0, "the test says so")
                sent += [(place, message) for message in lost.messages]
        sent += [(place + 1, message) for message in normalizer.finish(None).messages]
    # The venues side by side, as a collector of all of them sends them.
    return tuple(as_read([message for _, message in sorted(sent, key=lambda each: each[0])]))


def batches_of(messages: Sequence[Message]) -> list[Batch]:
    batches, rejected = examine(messages)
    assert not rejected
    return batches


def fill(store: Store, messages: Sequence[Message], chunks: int = 4) -> None:
    """Store messages in several steps, cut at random places of the bus."""
    chooser = random.Random(7)
    cuts = sorted(chooser.sample(range(1, len(messages)), chunks - 1)) if chunks > 1 else []
    store.open()
    try:
        following: dict[tuple[str, int], int] = {}
        for begin, end in zip([0, *cuts], [*cuts, len(messages)], strict=True):
            _write(store, batches_of(messages[begin:end]), following)
    finally:
        store.close()


def _write(store: Store, batches: Sequence[Batch], following: dict[tuple[str, int], int]) -> None:
    tables: dict[str, pa.Table] = {}
    offsets: dict[tuple[str, int], int] = {}
    for event_type in EVENT_TYPES:
        some = [batch for batch in batches if batch.event_type == event_type]
        if some:
            tables[event_type], _, _ = decode_batches(event_type, some)
    for batch in batches:
        origin = batch.message.origin
        offsets[origin] = max(offsets.get(origin, 0), batch.message.offset + 1)
    expected = {origin: following.get(origin) for origin in offsets}
    store.write(Chunk(tables, expected, offsets, [batch.mark for batch in batches]))
    following.update(offsets)


@cache
def stored_rows(messages: tuple[Message, ...], event_type: str) -> tuple[Row, ...]:
    """All rows of a type with their arrival, in the order of an answer, repeats left out."""
    some = [batch for batch in batches_of(messages) if batch.event_type == event_type]
    table, bad, _ = decode_batches(event_type, some)
    assert not bad
    rows = sorted(table.to_pylist(), key=lambda row: order_key(event_type, row))
    return tuple(_unique(event_type, rows))


def time_of(event_type: str, row: Row) -> int | None:
    times = (row[name] for name in TIME_COLUMNS[event_type])
    return next((time for time in times if time is not None), None)


def order_key(event_type: str, row: Row) -> tuple[Any, ...]:
    time = time_of(event_type, row)
    return (
        *(time is None, time or 0, row["exchange"], row["market"], row["raw_symbol"] or ""),
        *(row["log_offset"], row["log_index"]),
    )


def _unique(event_type: str, rows: Sequence[Row]) -> Iterator[Row]:
    seen: set[tuple[Any, ...]] = set()
    for row in rows:
        if event_type in HAS_EVENT_ID:
            key = (time_of(event_type, row), row["event_id"])
            if key in seen:
                continue
            seen.add(key)
        yield row


def answer(
    messages: tuple[Message, ...],
    event_type: str,
    *,
    symbols: Sequence[str] | None = None,
    exchange: str | None = None,
    market: str | None = None,
    start_ns: int | None = None,
    end_ns: int | None = None,
) -> pa.Table:
    """Work out what a query must answer."""

    def is_wanted(row: Row) -> bool:
        time = time_of(event_type, row)
        if (start_ns, end_ns) != (None, None) and (
            time is None
            or (start_ns is not None and time < start_ns)
            or (end_ns is not None and time >= end_ns)
        ):
            return False
        return (
            exchange in (None, row["exchange"])
            and market in (None, row["market"])
            and (symbols is None or row["symbol"] in symbols or row["raw_symbol"] in symbols)
        )

    schema = schema_of(event_type)
    rows = [row for row in stored_rows(messages, event_type) if is_wanted(row)]
    return pa.Table.from_pylist(
        [{name: row[name] for name in schema.names} for row in rows], schema
    )
