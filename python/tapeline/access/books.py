"""The book at a moment, made of stored messages by the engine that made the live one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tapeline.access.book_doubts import BookDoubts, Doubt, Seen
from tapeline.access.native import COLUMNS, BookReplay, rule_of, take
from tapeline.access.ports import Query
from tapeline.access.rows import Rows
from tapeline.access.times import to_text
from tapeline.storage.schema import LOG_INDEX, LOG_OFFSET

_SECOND: Final = 1_000_000_000
_BACK_S: Final = (60, 3600, 86_400, 7 * 86_400, None)
"""How far back a snapshot is looked for, in seconds, one step after the other; None is all."""

_MARGIN_NS: Final = 60 * _SECOND
"""Deltas so much older than a fetched snapshot may belong after it: it has our time, not theirs."""

_AHEAD_NS: Final = 86_400 * _SECOND
"""So far the next message is looked for: rows of other channels are read on the way."""

_TRIES: Final = 3
"""So many snapshots are tried, the latest first, before a book is called unsynced."""

_WITHOUT_DELTAS: Final = 16
"""After so many batches without a delta a channel is taken for one of whole books."""

_SEEKING: Final = (
    "event_id",
    "depth",
    "action",
    "first_update_id",
    "origin",
    "timestamp_ns",
    "received_ns",
)
_TIME: Final = pl.coalesce("timestamp_ns", "received_ns").alias("time")

LEVEL_SCHEMA = pa.schema(
    [
        pa.field("price", pa.decimal128(38, 18), nullable=False),
        pa.field("quantity", pa.decimal128(38, 18), nullable=False),
    ]
)

_REASONS: Final = {
    "live": "",
    "buffering": "no snapshot of it was found",
    "unsynced": "messages of it are missing or contradict each other",
    "unknown": "no message of it was stored until then",
}

Levels = Sequence[tuple[str, str]]
Read = Callable[[Query, Sequence[str]], Iterator[pa.RecordBatch]]


class Begin(NamedTuple):
    """Where the making of a book may begin."""

    time_ns: int
    at_book: bool
    """At a snapshot that the live book gave; else at one of the venue."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """Whose book."""

    exchange: str
    market: str
    symbol: str
    raw_symbol: str


class Made(NamedTuple):
    """A book made of the stored messages of a channel."""

    channel: bytes
    replay: BookReplay
    messages: int
    seen: Seen
    doubt: Doubt | None
    """Why it is not known at the moment asked for."""

    @property
    def state(self) -> str:
        """As :attr:`Book.state`."""
        replayed: str = self.replay.state
        return self.doubt.state if replayed == "live" and self.doubt is not None else replayed


class Book:
    """A book as of a moment.

    ``bids`` and ``asks`` hold the levels, best first, exact (``decimal128(38, 18)``), down to the
    price to which they are known: what lies beyond is not shown. A ``stale`` book shows those of
    ``last_message_ns``; one that is neither ``live`` nor ``stale`` shows none.
    """

    def __init__(
        self, instrument: Instrument, time_ns: int, made: Made | None, *, depth: int
    ) -> None:
        replay = None if made is None else made.replay
        self.instrument = instrument
        self.time_ns = time_ns
        """The moment asked for, or of the latest message: Unix UTC nanoseconds."""
        self.depth = depth
        """1: best bid and ask alone; 2: by price level."""
        self.messages = 0 if made is None else made.messages
        """How many stored messages it was made of."""
        self.state: str = "unknown" if made is None else made.state
        """``live``; ``stale`` when it was right as of ``last_message_ns`` and what came from then
        on until the moment is not known; ``buffering`` (no snapshot was found), ``unsynced``;
        ``unknown`` without any message."""
        self.reason: str = _reason(self.state, made)
        """Why it is not ``live``, for people; empty when it is."""
        self.last_message_ns = None if made is None else made.seen.time_ns
        """Time of the latest message until the moment: the exchange's, or that of receipt."""
        self.last_update_id = None if replay is None else replay.last_update_id
        self.last_time_ns = None if replay is None else replay.last_time_ns
        """Exchange time of the latest change, where the venue says it."""
        self.missing = [] if replay is None else replay.missing
        """Ranges of update ids that are not in the store, both ends included."""
        self._sides: tuple[Levels, Levels] = ([], [])
        if replay is not None and self.state in {"live", "stale"}:
            self._sides = (replay.bids(), replay.asks())

    @property
    def is_live(self) -> bool:
        """Whether it is right at the moment."""
        return self.state == "live"

    @property
    def age_ns(self) -> int | None:
        """How long before the moment its latest message was, in nanoseconds."""
        return None if self.last_message_ns is None else self.time_ns - self.last_message_ns

    @property
    def bids(self) -> Rows:
        """Price and quantity of the bids, best first."""
        return _rows(self._sides[0], "bids")

    @property
    def asks(self) -> Rows:
        """Price and quantity of the asks, best first."""
        return _rows(self._sides[1], "asks")

    @property
    def best_bid(self) -> tuple[Decimal, Decimal] | None:
        """Price and quantity of the best bid; None where there is none."""
        return _best(self._sides[0])

    @property
    def best_ask(self) -> tuple[Decimal, Decimal] | None:
        """Price and quantity of the best ask; None where there is none."""
        return _best(self._sides[1])

    @property
    def trusted_depth(self) -> tuple[int, int]:
        """How many levels of each side are known to be right at the moment: bids, asks."""
        return (len(self._sides[0]), len(self._sides[1])) if self.is_live else (0, 0)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values; prices and quantities as texts."""
        return {
            "exchange": self.instrument.exchange,
            "market": self.instrument.market,
            "symbol": self.instrument.symbol,
            "raw_symbol": self.instrument.raw_symbol,
            "time_ns": self.time_ns,
            "state": self.state,
            "reason": self.reason,
            "depth": self.depth,
            "last_update_id": self.last_update_id,
            "last_time_ns": self.last_time_ns,
            "last_message_ns": self.last_message_ns,
            "age_ns": self.age_ns,
            "missing": [list(each) for each in self.missing],
            "bids": [list(level) for level in self._sides[0]],
            "asks": [list(level) for level in self._sides[1]],
        }

    def __repr__(self) -> str:
        name = self.instrument
        bids, asks = map(len, self._sides)
        return (
            f"<book of {name.symbol} ({name.exchange} {name.market}) at {to_text(self.time_ns)}:"
            f" {self.state}, {bids:,} bids, {asks:,} asks>"
        )


def book_at(
    instrument: Instrument,
    time_ns: int,
    depth: int,
    read: Read,
    doubts: BookDoubts,
    *,
    is_latest: bool = False,
) -> Book:
    """Make the book of a moment.

    Parameters
    ----------
    time_ns
        Messages of this time still count.
    depth
        1 for channels of the best bid and ask, 2 for those by price level.
    read
        Reads order-book rows of a query.
    doubts
        What is known of the completeness of the messages.
    is_latest
        Whether the book is wanted as of its own latest message until then.
    """
    query = Query(
        (instrument.raw_symbol,), instrument.exchange, instrument.market, None, time_ns + 1
    )
    best: Made | None = None
    for channel, snapshots in _candidates(query, depth, read).items():
        for begin in snapshots[:_TRIES]:
            found = _replayed(query, channel, begin, depth, read)
            if found is None:
                continue
            found = _doubted(found, time_ns, query, doubts, read)
            if best is None or _rank(found) > _rank(best):
                best = found
            if found.replay.state == "live":
                break
    if best is not None and is_latest:
        time_ns = best.seen.time_ns
        best = _doubted(best, time_ns, query, doubts, read)
    return Book(instrument, time_ns, best, depth=depth)


def _rank(found: Made) -> tuple[bool, bool, int, int]:
    """Order books by how good they are: live ones first, then the deepest."""
    replay = found.replay
    levels = len(replay.bids()) + len(replay.asks())
    is_made = replay.state == "live"
    return found.state == "live", is_made, levels, replay.last_time_ns or 0


def _doubted(made: Made, time_ns: int, query: Query, doubts: BookDoubts, read: Read) -> Made:
    """Return a book with what speaks against it at a moment."""

    def following(until_ns: int) -> int | None:
        if until_ns <= time_ns:
            return None
        end_ns = min(until_ns, time_ns + _AHEAD_NS) + 1
        after = replace(query, start_ns=time_ns + 1, end_ns=end_ns)
        for batch in read(after, ("event_id", "timestamp_ns", "received_ns")):
            table = pa.Table.from_batches([batch])
            rows = table.filter(_of_channel(table, made.channel))
            if rows.num_rows:
                found: int | None = pc.min(_times(rows)).as_py()
                return found
        return None

    return made._replace(doubt=doubts.at(time_ns, made.seen, made.channel, following))


def _candidates(query: Query, depth: int, read: Read) -> dict[bytes, list[Begin]]:
    """Return, by channel, where to begin: at its latest snapshots, the latest first.

    A channel without any snapshot has one place to begin, so that its state can be told.
    """
    end_ns = query.end_ns or 0
    upper = end_ns
    found: dict[bytes, list[Begin]] = {}
    for back_s in _BACK_S:
        lower = None if back_s is None else end_ns - back_s * _SECOND
        step = replace(query, start_ns=lower, end_ns=upper)
        seen: dict[bytes, list[Begin]] = {}
        for batch in read(step, _SEEKING):
            _note_snapshots(pa.Table.from_batches([batch]), depth, seen)
        for channel, begins in seen.items():
            found.setdefault(channel, []).extend(sorted(begins, reverse=True))
        if found and all(found.values()):
            break
        upper = end_ns if lower is None else lower
    nowhere = [Begin(end_ns - _MARGIN_NS, at_book=False)]
    return {channel: begins or nowhere for channel, begins in found.items()}


def _note_snapshots(table: pa.Table, depth: int, seen: dict[bytes, list[Begin]]) -> None:
    """Note the channels of some rows, and the latest snapshots of each."""
    frame = _frame(table).filter(pl.col("depth") == depth)
    for (channel,), rows in frame.group_by(_channel_of("event_id")):
        kept = seen.setdefault(channel, [])
        snapshots = rows.filter(pl.col("action") == "snapshot")
        if rows["first_update_id"].null_count() < rows.height:
            # Fetched snapshots begin such a channel, and say how far down it is known: those of
            # the live book do not.
            snapshots = snapshots.filter(pl.col("origin") != "book")
        for time_ns, origin in snapshots.select(_TIME, "origin").rows()[-_TRIES:]:
            # A fetched snapshot has the time at which it came: what follows it may be older.
            margin = _MARGIN_NS if origin == "rest" else 0
            kept.append(Begin(time_ns - margin, origin == "book"))
        del kept[:-_TRIES]


def _replayed(query: Query, channel: bytes, begin: Begin, depth: int, read: Read) -> Made | None:
    """Run the messages of a channel through the engine; None when there are none."""
    replay: BookReplay | None = None
    waiting: list[pa.Table] = []
    messages = 0
    seen: list[Seen] = []
    for rows in _messages(replace(query, start_ns=begin.time_ns), channel, begin, read):
        messages += rows.num_rows
        seen.append(Seen(pc.max(_times(rows)).as_py(), pc.max(rows["received_ns"]).as_py()))
        if replay is not None:
            take(replay, rows)
            continue
        waiting.append(rows)
        # How messages follow each other, the first delta tells.
        if len(waiting) == _WITHOUT_DELTAS or pc.any(pc.equal(rows["action"], "delta")).as_py():
            replay = _begun(waiting, depth)
    if replay is None and waiting:
        replay = _begun(waiting, depth)
    return None if replay is None else Made(channel, replay, messages, _latest(seen), None)


def _messages(query: Query, channel: bytes, begin: Begin, read: Read) -> Iterator[pa.Table]:
    """Yield what the live book was made of, in order of arrival."""
    needs_book = begin.at_book
    for batch in read(query, [*COLUMNS, LOG_OFFSET, LOG_INDEX]):
        table = pa.Table.from_batches([batch])
        rows = table.filter(_of_channel(table, channel))
        rows = rows.sort_by([(LOG_OFFSET, "ascending"), (LOG_INDEX, "ascending")])
        own = pc.equal(rows["origin"], "book")
        first = pc.index(own, True).as_py()
        if needs_book and first >= 0:
            yield rows.slice(0, first + 1)
            rows, own = rows.slice(first + 1), own.slice(first + 1)
            needs_book = False
        rows = rows.filter(pc.invert(own))
        if rows.num_rows:
            yield rows


def _begun(waiting: Sequence[pa.Table], depth: int) -> BookReplay:
    rule = rule_of(pa.concat_tables(waiting))
    replay = BookReplay(rule=rule, depth=1 if depth == 1 else 2)
    for rows in waiting:
        take(replay, rows)
    return replay


def _latest(seen: Sequence[Seen]) -> Seen:
    received = [each.received_ns for each in seen if each.received_ns is not None]
    return Seen(max(each.time_ns for each in seen), max(received, default=None))


def _reason(state: str, made: Made | None) -> str:
    if made is None or made.doubt is None or state == "live":
        return _REASONS[state]
    return made.doubt.reason


def _times(rows: pa.Table) -> pa.ChunkedArray:
    return pc.coalesce(rows["timestamp_ns"], rows["received_ns"])


def _channel_of(name: str) -> pl.Expr:
    """Return the part of an event id that all events of a channel share."""
    return pl.col(name).bin.slice(0, 7)


def _of_channel(table: pa.Table, channel: bytes) -> pa.ChunkedArray:
    return pc.equal(pc.binary_slice(table["event_id"].cast(pa.binary()), 0, 7), channel)


def _rows(levels: Sequence[tuple[str, str]], title: str) -> Rows:
    columns = [
        pa.array([Decimal(level[place]) for level in levels], LEVEL_SCHEMA.field(place).type)
        for place in (0, 1)
    ]
    return Rows(pa.Table.from_arrays(columns, schema=LEVEL_SCHEMA), title)


def _best(levels: Sequence[tuple[str, str]]) -> tuple[Decimal, Decimal] | None:
    return (Decimal(levels[0][0]), Decimal(levels[0][1])) if levels else None


def _frame(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - for the type checker
    return frame
