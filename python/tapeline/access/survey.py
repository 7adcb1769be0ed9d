"""Reads what was stated about the completeness of some instruments in some time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa

from tapeline.access.bus_holes import Name, Read, bus_holes, is_of_bus
from tapeline.access.coverage import Asked, Coverage
from tapeline.access.ports import Query
from tapeline.access.streams import Hole, Ledger, Stream, outages
from tapeline.storage.schema import TIME_COLUMNS

_COLUMNS: Final = (
    "exchange",
    "market",
    "symbol",
    "raw_symbol",
    "channel",
    "kind",
    "proof",
    "first_id",
    "last_id",
    "start_ns",
    "end_ns",
    "received_ns",
    "reason",
)
_LOSSES: Final = {
    "proven_complete": "proven",
    "proven_gap": "proven",
    "inferred": "inferred",
    "unverifiable": "unverifiable",
}


@dataclass(frozen=True, slots=True)
class ChannelFact:
    """What is known of a venue's channel without any data."""

    type: str
    """The event type it gives."""
    loss: str
    """What a hole in its ids proves: ``proven``, ``inferred`` or ``unverifiable``."""


ChannelFacts = Mapping[tuple[str, str, str], ChannelFact]
"""By exchange, market and channel."""


def survey(
    types: Sequence[str],
    query: Query,
    instruments: Sequence[Mapping[str, Any]],
    facts: ChannelFacts,
    read: Read,
) -> Coverage:
    """Return how complete an answer is.

    Parameters
    ----------
    types
        Event types of the answer.
    instruments
        Those the query is about, as rows of :data:`tapeline.access.ports.INSTRUMENT_SCHEMA`.
    facts
        What the venues' channels can prove.
    """
    found = streams_of(types, query, instruments, facts, read)
    asked = Asked(query.start_ns, query.end_ns)
    for stream in found:
        stream.holes = [hole for hole in stream.holes if _is_within(hole, asked)]
        stream.holes += _edges(stream, asked)
    return Coverage(types, asked, found, _quarantined(read, query))


def streams_of(
    types: Sequence[str],
    query: Query,
    instruments: Sequence[Mapping[str, Any]],
    facts: ChannelFacts,
    read: Read,
) -> list[Stream]:
    """Return what is known of each stream until the end of a query, from its beginning on.

    Parameters
    ----------
    types, query, instruments, facts
        As for :func:`survey`.
    """
    records, of_bus = _records(query, read)
    found: list[Stream] = []
    for row in instruments:
        wanted = [name for name in types if name in row["types"]]
        if wanted:
            name = (row["exchange"], row["market"], row["symbol"], row["raw_symbol"])
            gone = bus_holes(name, wanted, of_bus, read)
            found += _streams(name, row, wanted, records.get(name, []), facts, gone)
    return found


def _records(
    query: Query, read: Read
) -> tuple[dict[Name, list[dict[str, Any]]], list[dict[str, Any]]]:
    """Return the statements about the venue's streams by instrument, and those about the bus."""
    # What was lost before the time asked for may be lost still; what was gone from the bus is told
    # by the first message after it.
    always = replace(query, start_ns=None, end_ns=None)
    asked = [always]
    if query.symbols is not None:
        asked.append(replace(always, symbols=("",)))
    by_name: dict[Name, list[dict[str, Any]]] = {}
    of_bus: list[dict[str, Any]] = []
    for each in asked:
        for batch in read("coverage", each, _COLUMNS):
            for row in batch.to_pylist():
                if is_of_bus(row):
                    of_bus.append(row)
                elif _is_before(row, query.end_ns):
                    name = (row["exchange"], row["market"], row["symbol"], row["raw_symbol"])
                    by_name.setdefault(name, []).append(row)
    return by_name, of_bus


def _is_before(row: Mapping[str, Any], end_ns: int | None) -> bool:
    if end_ns is None:
        return True
    times = (row[column] for column in TIME_COLUMNS["coverage"])
    time_ns = next((each for each in times if each is not None), None)
    return time_ns is not None and time_ns < end_ns


def _streams(
    name: Name,
    instrument: Mapping[str, Any],
    types: Sequence[str],
    records: Sequence[Mapping[str, Any]],
    facts: ChannelFacts,
    gone: Mapping[str, Sequence[Hole]],
) -> Iterator[Stream]:
    exchange, market = name[:2]
    ledgers: dict[str, Ledger] = {}
    for record in records:
        if record["channel"]:
            ledgers.setdefault(record["channel"], Ledger()).take(record)
    lost = outages(record for record in records if not record["channel"])
    known = {
        channel: fact
        for (fact_exchange, fact_market, channel), fact in facts.items()
        if (fact_exchange, fact_market) == (exchange, market)
    }
    spoken_of: set[str] = set()
    for channel, ledger in ledgers.items():
        fact = known.get(channel)
        if fact is not None and fact.type not in types:
            continue
        of_types = types if fact is None else [fact.type]
        spoken_of.update(of_types)
        yield Stream(
            _names(name, channel),
            _loss(ledger) if fact is None else fact.loss,
            ledger.first_ns,
            _latest(ledger.last_ns, instrument["last_ns"]),
            [*ledger.holes(), *lost, *(hole for each in of_types for hole in gone.get(each, ()))],
            tuple(of_types),
            ledger.sessions,
        )
    for event_type in types:
        if event_type not in spoken_of and event_type not in ("coverage", "quarantine"):
            # Nothing numbers these messages, or nobody wrote down that they began.
            channels = {c: fact for c, fact in known.items() if fact.type == event_type}
            is_known = {fact.loss for fact in channels.values()} == {"unverifiable"}
            loss = "unverifiable" if is_known else "unknown"
            first, last = instrument["first_ns"], instrument["last_ns"]
            holes = [*lost, *gone.get(event_type, ())]
            yield Stream(_names(name, ""), loss, first, last, holes, (event_type,))


def _names(name: Name, channel: str) -> dict[str, str]:
    keys = ("exchange", "market", "symbol", "raw_symbol", "channel")
    return dict(zip(keys, (*name, channel), strict=True))


def _loss(ledger: Ledger) -> str:
    proofs = {_LOSSES.get(proof, "unknown") for proof in ledger.proofs}
    # What proves least counts.
    return next(
        (each for each in ("unknown", "unverifiable", "inferred", "proven") if each in proofs),
        "unknown",
    )


def _latest(stated_ns: int | None, seen_ns: int | None) -> int | None:
    """Return the later one: a stream says nothing while nothing happens to it."""
    known = [each for each in (stated_ns, seen_ns) if each is not None]
    return max(known) if known else None


def _is_within(hole: Hole, asked: Asked) -> bool:
    ends_before = (
        asked.start_ns is not None and hole.end_ns is not None and hole.end_ns < asked.start_ns
    )
    begins_after = (
        asked.end_ns is not None and hole.start_ns is not None and hole.start_ns >= asked.end_ns
    )
    return not ends_before and not begins_after


def _edges(stream: Stream, asked: Asked) -> Iterator[Hole]:
    first, last = stream.first_ns, stream.last_ns
    if asked.start_ns is not None and (first is None or asked.start_ns < first):
        yield Hole("before", "unverifiable", asked.start_ns, first, reason="not collected yet")
    is_late = last is not None and asked.start_ns is not None and asked.start_ns > last
    if is_late or (asked.end_ns is not None and (last is None or asked.end_ns > last + 1)):
        yield Hole("after", "unverifiable", last, asked.end_ns, reason="nothing came since")


def _quarantined(read: Read, query: Query) -> dict[str, int]:
    counts: dict[str, int] = {}
    names = ("exchange", "market", "raw_symbol")
    for batch in read("quarantine", query, names):
        table = pa.Table.from_batches([batch]).select(list(names))
        for row in table.group_by(list(names)).aggregate([([], "count_all")]).to_pylist():
            key = f"{row['exchange']}/{row['market']}/{row['raw_symbol'] or ''}"
            counts[key] = counts.get(key, 0) + row["count_all"]
    return counts
