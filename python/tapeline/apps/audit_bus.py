"""What lies on a bus, and what was dead-lettered: read for an audit."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson
import pyarrow as pa

from tapeline.apps.audit_content import Content, Names, Stream, Tally, columns_of, names_in
from tapeline.apps.audit_ledgers import Account, Sent
from tapeline.apps.bus_reader import Bus, KafkaBus, message_counts, open_bus
from tapeline.errors import ArgumentError, DecodeError, SettingsError
from tapeline.storage.consumer.batches import Batch, examine
from tapeline.storage.consumer.dead_letter import TOPIC, dead_letter_path, joined
from tapeline.storage.consumer.decoding import decode_batches
from tapeline.storage.ports import Mark, Message
from tapeline.storage.schema import EVENT_TYPES, HAS_EVENT_ID
from tapeline.telemetry.clock import SystemClock
from tapeline.transport.local_file import LocalFile
from tapeline.transport.topics import raw_symbol_of
from tapeline.transport.uris import BusUri, LocalUri, NatsUri, ZmqUri, parse_uri
from tapeline.wire.native import decode_rows, inspect

_ROWS: Final = 200_000
_IDLE_READS: Final = 3
_STUCK_READS: Final = 30
"""What a bus has and has not given in so many reads is not waited for."""
_READ_S: Final = 1.0
_ALL: Final = -(2**63)
_FACTS: Final = frozenset({"target", "reason", "topic", "partition", "offset"})
"""What every dead letter says of itself."""


@dataclass(slots=True)
class Letters:
    """The dead letters of one target, by stream."""

    events: Counter[Stream] = field(default_factory=Counter)
    """Events in those that can be read, as often as they are there."""
    nameless: Counter[Stream] = field(default_factory=Counter)
    """Those of them that have no event id, or none that can be read."""
    names: dict[Stream, Names] = field(default_factory=dict)
    """The others, each once. Another copy of such an event may be stored."""
    unreadable: Counter[Stream] = field(default_factory=Counter)
    """Messages that cannot: nobody knows how many events were in them."""

    def count(self, stream: Stream) -> int:
        """Count the events of a stream."""
        return sum(n for each, n in self.events.items() if stream.covers(each))

    def count_nameless(self, stream: Stream) -> int:
        """Count the events of a stream of which it is not known which they are."""
        return sum(n for each, n in self.nameless.items() if stream.covers(each))

    def names_of(self, stream: Stream) -> Names:
        """Return the distinct events of a stream, as far as they are known."""
        return names_in(self.names, stream)


def read_bus(uri: str, types: Sequence[str]) -> Account:
    """Read everything that is on a bus now.

    Raises
    ------
    TransportError
        It cannot be read.
    """
    tally = Tally()
    waiting: dict[str, list[Batch]] = {name: [] for name in EVENT_TYPES}
    taken: set[Mark] = set()
    for messages in _messages(uri, types):
        for batch in examine(messages)[0]:
            if batch.mark not in taken:
                taken.add(batch.mark)
                waiting[batch.event_type].append(batch)
        _decode(waiting, tally, _ROWS)
    _decode(waiting, tally, 0)
    return _account(tally.content(uri, EVENT_TYPES))


def read_dead_letters(uri: str) -> dict[str, Letters]:
    """Count what was dead-lettered, by the name of the target.

    A letter that a crash has doubled counts once.

    Raises
    ------
    TransportError
        The bus cannot be read.
    """
    found: dict[str, Letters] = {}
    tallies: dict[str, Tally] = {}
    seen: set[tuple[str, ...]] = set()
    for facts, value in joined(_letters(parse_uri(uri))):
        if not facts.keys() >= _FACTS:
            # Somebody else's message.
            continue
        place = (facts["target"], facts["reason"], facts["topic"], facts["partition"])
        letter = (*place, facts["offset"], hashlib.sha256(value).hexdigest())
        if letter not in seen:
            seen.add(letter)
            stream, events = _lost_with(facts, value)
            letters = found.setdefault(facts["target"], Letters())
            if events is None:
                letters.unreadable[stream] += 1
                continue
            letters.events[stream] += events
            rows = _rows_with(facts, value, stream.event_type)
            for part in rows.to_batches():
                tallies.setdefault(facts["target"], Tally()).add(stream.event_type, part)
            letters.nameless[stream] += events - rows.num_rows
    for name, tally in tallies.items():
        found[name].names = tally.content(name, EVENT_TYPES).names
    return found


def _rows_with(facts: Mapping[str, str], value: bytes, event_type: str) -> pa.Table:
    """Return the events of a dead letter by which they are known, as far as they have ids.

    None of them where its bytes are no rows: they are counted then, and not known.
    """
    if event_type not in HAS_EVENT_ID:
        return pa.table({})
    try:
        if facts["reason"] == "refused_row":
            rows = pa.ipc.open_stream(value).read_all()
        else:
            rows = decode_rows([value], [0], event_type).to_arrow()
        return rows.select(columns_of(event_type))
    except (pa.ArrowException, KeyError, OSError):
        return pa.table({})


def _messages(uri: str, types: Sequence[str]) -> Iterator[list[Message]]:
    """Yield what is on the bus until nothing more comes."""
    bus = open_bus(uri, types=types)
    left = _total(uri, types)
    silent = 0
    try:
        while left > 0 and not _is_silent(bus, silent):
            found = bus.read(_READ_S)
            silent = 0 if found else silent + 1
            left -= len(found)
            yield found
    finally:
        bus.close()


def _is_silent(bus: Bus, reads: int) -> bool:
    """Say whether nothing more will come after so many reads that brought nothing."""
    return reads >= (_STUCK_READS if bus.has_more() else _IDLE_READS)


def _total(uri: str, types: Sequence[str]) -> int:
    counts = message_counts(parse_uri(uri))
    return sum(count for name, count in counts.items() if name.partition(".")[0] in types)


def _decode(waiting: dict[str, list[Batch]], tally: Tally, more_than: int) -> None:
    """Decode what waits, of types that have gathered enough to be worth it."""
    for event_type, batches in waiting.items():
        if batches and sum(batch.event_count for batch in batches) >= more_than:
            table, _, _ = decode_batches(event_type, batches)
            for part in table.select(columns_of(event_type)).to_batches():
                tally.add(event_type, part)
            waiting[event_type] = []


def _account(content: Content) -> Account:
    account = Account("bus", [content.shown])
    for stream, rows in content.rows.items():
        names = content.names[stream]
        account.add(stream, Sent(rows, rows - len(names), names=names))
    return account


def _letters(address: BusUri) -> Iterator[tuple[dict[str, str], bytes]]:
    if isinstance(address, ZmqUri):
        raise SettingsError("a ZeroMQ publisher keeps no messages: audit against ledgers")
    if isinstance(address, LocalUri):
        yield from _letters_in_file(address)
        return
    if TOPIC not in message_counts(address):
        return
    pattern = re.compile(rf"{re.escape(TOPIC)}\Z")
    bus: Bus
    if isinstance(address, NatsUri):
        from tapeline.apps.nats_bus import NatsBus

        bus = NatsBus(address, pattern, SystemClock())
    else:
        bus = KafkaBus(address, pattern, SystemClock())
    left = message_counts(address)[TOPIC]
    silent = 0
    try:
        while left > 0 and not _is_silent(bus, silent):
            found = bus.read(_READ_S)
            silent = 0 if found else silent + 1
            left -= len(found)
            for each in found:
                facts = {
                    name: (text or b"").decode(errors="replace") for name, text in each.headers
                }
                yield facts, each.value or b""
    finally:
        bus.close()


def _letters_in_file(address: LocalUri) -> Iterator[tuple[dict[str, str], bytes]]:
    path = dead_letter_path(address.path)
    if not path.exists():
        return
    file = LocalFile(path, mode="read")
    after = _ALL
    try:
        while rows := file.read(after, 500):
            after = rows[-1].sequence
            for row in rows:
                yield orjson.loads(row.note or "{}"), row.value
    finally:
        file.close()


def _lost_with(facts: Mapping[str, str], value: bytes) -> tuple[Stream, int | None]:
    """Return the stream of a dead letter and how many events are in it; None: nobody can say."""
    if facts["reason"] == "refused_row":
        event_type, exchange, market, raw_symbol = facts["topic"].split(".", 3)
        return Stream(event_type, exchange, market, raw_symbol), 1
    try:
        info = inspect(value)
    except DecodeError:
        # Not ours, or damaged. A topic of many instruments does not say whose it was.
        event_type, *place = facts["topic"].split(".")
        symbol = _raw_symbol(place[2]) if len(place) > 2 else None
        return Stream(event_type, *_padded(place[:2]), symbol), None
    stream = Stream(info.event_type, info.exchange, info.market, info.raw_symbol or "")
    return stream, info.event_count


def _raw_symbol(token: str) -> str:
    try:
        return raw_symbol_of(token)
    except ArgumentError:
        return token


def _padded(place: Iterable[str]) -> tuple[str, str]:
    exchange, market = [*place, "", ""][:2]
    return exchange, market
