"""What was sent, by the accounts of those who sent it.

Four kinds of files are read, told apart by what is in them:

``simulator``
    The ledger of ``tapeline simulate --ledger``: frames and their events by stream.
``producer``
    JSON Lines. One line a stream::

        {"type": "sent", "event_type": "trade", "exchange": "binance", "market": "spot",
         "raw_symbol": "BTCUSDT", "events": 1200, "event_ids": ["0f3a...", ...]}

    and the last line ``{"type": "summary", "producer_ledger_version": 1, "events": 1200}``.
    ``raw_symbol``, ``market`` and ``exchange`` may be left out, which means all there are;
    ``event_ids`` (32 hex digits each) may be left out, and lets an audit name what was lost.
    ``tapeline collect --ledger`` writes one, and so may any other producer.
``collector``
    What ``tapeline collect --json`` printed: events by type, and snapshots of rebuilt books.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from tapeline.adapters.registry import venue
from tapeline.apps.audit_content import NAME_BYTES, NO_NAMES, Names, Stream
from tapeline.apps.ledger_sink import PRODUCER_LEDGER_VERSION
from tapeline.errors import ArgumentError, TapelineError

_SIMULATOR_LEDGER_VERSION: Final = 1
_SNAPSHOTS: Final = "book_snapshots"
_TYPE_OF: Final = {"l1": "orderbook", "l2": "orderbook"}
MARKET_DATA: Final = ("trade", "orderbook", "funding", "liquidation")


@dataclass(slots=True)
class Sent:
    """What one stream was given.

    Parameters
    ----------
    events
        Sent, those sent more than once included.
    repeats
        Of them, sent more than once.
    unreadable
        Of the rest, damaged before they were sent: they must be in quarantine.
    names
        The distinct events; None where the ledger does not say.
    """

    events: int = 0
    repeats: int = 0
    unreadable: int = 0
    names: Names | None = None
    uncertain: int = 0
    """Events that damaged frames may have brought beside the one that must be in quarantine."""


@dataclass(slots=True)
class Account:
    """All ledgers of one kind, added up.

    Parameters
    ----------
    kind
        ``simulator`` (counts the events of its frames), ``producer``, ``collector`` or ``bus``.
    control, greetings
        Messages of the venue's own, and those of them that are snapshots.
    in_flight
        Events at most in frames written to connections that were cut before it was known who had
        read them.
    """

    kind: str
    files: list[str] = field(default_factory=list)
    streams: dict[Stream, Sent] = field(default_factory=dict)
    control: int = 0
    greetings: int = 0
    in_flight: int = 0
    duplicates: int = 0
    """Events the collector had had before, which it did not send on."""

    def add(self, stream: Stream, sent: Sent) -> None:
        """Add to what a stream was given."""
        had = self.streams.setdefault(stream, Sent(names=NO_NAMES))
        had.events += sent.events
        had.repeats += sent.repeats
        had.unreadable += sent.unreadable
        had.uncertain += sent.uncertain
        if had.names is None or sent.names is None:
            had.names = None
        else:
            had.names = np.unique(np.concatenate([had.names, sent.names]))


def read_ledgers(paths: Iterable[Path]) -> list[Account]:
    """Read ledgers and add up those of one kind.

    Raises
    ------
    TapelineError
        One cannot be read or is none of the kinds known; the message names it.
    """
    accounts: dict[str, Account] = {}
    for path in paths:
        lines = _lines(path)
        kind, read = _reader_of(path, lines)
        account = accounts.setdefault(kind, Account(kind))
        account.files.append(str(path))
        try:
            read(account, lines)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise TapelineError(
                f"{path}: not a whole {kind} ledger ({type(error).__name__}: {error})"
            ) from error
    return list(accounts.values())


def _lines(path: Path) -> list[Any]:
    try:
        content = path.read_bytes()
        return [orjson.loads(line) for line in content.splitlines() if line.strip()]
    except OSError as error:
        raise TapelineError(f"cannot read the ledger {path}: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise TapelineError(f"{path} is no ledger: {error}") from error


def _reader_of(path: Path, lines: Sequence[Any]) -> tuple[str, Any]:
    last = lines[-1] if lines and isinstance(lines[-1], dict) else {}
    versions = {
        "ledger_version": (_SIMULATOR_LEDGER_VERSION, "simulator", _simulator),
        "producer_ledger_version": (PRODUCER_LEDGER_VERSION, "producer", _producer),
    }
    for name, (known, kind, read) in versions.items():
        if name in last:
            if last[name] != known:
                raise TapelineError(f"{path} has {name} {last[name]}, expected {known}")
            return kind, read
    if "events" in last and "transport" in last:
        return "collector", _collector
    raise TapelineError(
        f"{path} is no ledger: its last line is neither a simulator's or producer's summary nor"
        " what `tapeline collect --json` prints"
    )


def _simulator(account: Account, lines: Sequence[Mapping[str, Any]]) -> None:
    summary = lines[-1]
    exchange, market = summary.get("exchange"), summary.get("market")
    types = _stream_types(exchange, market)
    for each in summary["streams"]:
        # Earlier simulators counted frames, which brought one event each.
        events = each.get("events", each["sent"])
        repeats = events - each.get("distinct_events", each["distinct_sent"])
        uncertain = each.get("events_in_corrupted", 0)
        sent = Sent(events, repeats, each["corrupted"], None, uncertain)
        kind = next((kind for mark, kind in types if mark(each["stream"])), "quarantine")
        account.add(Stream(kind, exchange, market), sent)
    account.control += summary["control"]
    account.greetings += summary["control_by_kind"].get("snapshot", 0)
    in_flight = sum(line["in_flight"] for line in lines[:-1] if line["type"] == "connection")
    account.in_flight += in_flight * summary.get("elements_max", 1)


def _stream_types(exchange: str | None, market: str | None) -> list[tuple[Any, str]]:
    """Return how the streams of a market are told apart, with the type of each."""
    if exchange is None or market is None:
        raise ValueError("it does not name exchange and market: an older simulator wrote it")
    try:
        known = venue(exchange, market)
    except ArgumentError as error:
        raise ValueError(str(error)) from error
    found = []
    for kind, channels in known.types.items():
        # `btcusdt@depth@100ms`, `books:BTC-USDT`, `orderbook.50.BTCUSDT`.
        forms = [(f"@{channel}", f"{channel}:", f"{channel}.") for channel in channels]
        for inside, *starts in forms:

            def is_of(
                stream: str, inside: str = inside, starts: tuple[str, ...] = tuple(starts)
            ) -> bool:
                return stream.startswith(starts) or f"{inside}@" in f"{stream}@"

            found.append((is_of, _TYPE_OF.get(kind, kind)))
    return found


def _producer(account: Account, lines: Sequence[Mapping[str, Any]]) -> None:
    total = 0
    for line in lines[:-1]:
        if line["type"] != "sent":
            continue
        stream = Stream(
            line["event_type"], line.get("exchange"), line.get("market"), line.get("raw_symbol")
        )
        names = _parsed(line["event_ids"]) if "event_ids" in line else None
        repeats = 0 if names is None else int(line["events"]) - len(names)
        account.add(stream, Sent(int(line["events"]), repeats, names=names))
        total += int(line["events"])
    if total != lines[-1]["events"]:
        raise ValueError(f"its lines have {total} events, its summary {lines[-1]['events']}")


def _parsed(ids: Sequence[str]) -> Names:
    content = bytes.fromhex("".join(ids))
    if len(content) != NAME_BYTES * len(ids):
        raise ValueError("an event id has not 32 hex digits")
    found: Names = np.unique(np.frombuffer(content, NO_NAMES.dtype))
    return found


def _collector(account: Account, lines: Sequence[Mapping[str, Any]]) -> None:
    summary = lines[-1]
    account.control += sum(summary["control"].values())
    account.duplicates += summary["duplicates"]
    alone = {**summary["events"], _SNAPSHOTS: summary.get(_SNAPSHOTS, 0)}
    markets: Mapping[str, Mapping[str, int]] = summary.get("markets") or {"": alone}
    for name, events in markets.items():
        exchange, _, market = name.partition(":")
        counts = Counter({kind: count for kind, count in events.items() if kind in MARKET_DATA})
        # Made by the collector, of no frame: they are stored beside what the frames brought.
        counts["orderbook"] += events.get(_SNAPSHOTS, 0)
        for kind, count in (+counts).items():
            account.add(Stream(kind, exchange or None, market or None), Sent(count))
