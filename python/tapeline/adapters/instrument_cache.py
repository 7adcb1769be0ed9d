"""The instruments a venue listed last, on disk, and what changed since.

Nothing is ever forgotten: an instrument that is not listed any more stays, marked ``delisted``, so
that its id and its symbol are never given to another and old recordings can still be read.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from tapeline.adapters.instrument_list import from_row, to_row, unite
from tapeline.adapters.venue import Venue
from tapeline.errors import InstrumentError
from tapeline.model import Instrument

DELISTED = "delisted"

_FORMAT = 1
# A list that lost more than half of this many instruments at once is taken for an incomplete reply.
_FEW = 20


class ListingKind(StrEnum):
    """What happened to an instrument between two lists."""

    LISTED = "listed"
    DELISTED = "delisted"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class ListingEvent:
    """What happened to one instrument.

    Parameters
    ----------
    kind
        Listed (for the first time or again), delisted, or changed.
    instrument
        As it is now.
    previous
        As it was; None where it was never listed.
    changed
        Names of the fields that changed, in the order of :class:`~tapeline.model.Instrument`.
    """

    kind: ListingKind
    instrument: Instrument
    previous: Instrument | None
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CachedList:
    """The instruments of a market.

    Parameters
    ----------
    instruments
        All that were ever listed; those not listed any more have the status ``delisted``.
    fetched_ns
        When the venue was asked, in nanoseconds since the epoch.
    """

    instruments: tuple[Instrument, ...]
    fetched_ns: int

    def age_ns(self, now_ns: int) -> int:
        """Return how old it is in nanoseconds, 0 for one from the future."""
        return max(0, now_ns - self.fetched_ns)


@dataclass(frozen=True, slots=True)
class Refresh:
    """A new list and what it changed.

    Parameters
    ----------
    listing
        The list as it is now on disk.
    events
        In the order of the new list, delistings last. The first list of all has none.
    """

    listing: CachedList
    events: tuple[ListingEvent, ...]


class InstrumentCache:
    """Instrument lists under one directory, a file a market.

    Parameters
    ----------
    directory
        Made when the first list is written.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self._directory = Path(directory)

    def path(self, venue: Venue) -> Path:
        """Return where the list of a market is kept."""
        return self._directory / f"{venue.exchange}.{venue.market}.json"

    def load(self, venue: Venue) -> CachedList | None:
        """Read the list of a market; None where there is none yet.

        Raises
        ------
        InstrumentError
            The file cannot be read or is none of ours.
        """
        path = self.path(venue)
        try:
            document = orjson.loads(path.read_bytes())
            if document["format"] != _FORMAT:
                raise ValueError(f"format must be {_FORMAT}")
            fetched_ns = document["fetched_ns"]
            if not isinstance(fetched_ns, int):
                raise TypeError("fetched_ns must be an integer")
            rows = [from_row(row, venue.exchange, venue.market) for row in document["instruments"]]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InstrumentError(f"{path}: cannot read the instrument cache: {error}") from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            message = f"{path}: not an instrument cache, remove it to start anew: {error}"
            raise InstrumentError(message) from error
        return CachedList(tuple(rows), fetched_ns)

    def refresh(
        self, venue: Venue, replies: Iterable[tuple[str, bytes]], fetched_ns: int
    ) -> Refresh:
        """Take the venue's lists, write them down and say what changed.

        Parameters
        ----------
        venue
            Whose they are.
        replies
            Address and body of each reply, every page of every address of ``instruments_urls``.
        fetched_ns
            When they came, in nanoseconds since the epoch.

        Raises
        ------
        InstrumentError
            A reply is none, an instrument has another symbol than before, two that are trading
            have the same, more than half of a market is missing, or the file cannot be written.
            The list on disk stays as it was.
        """
        before = self.load(venue)
        known = () if before is None else before.instruments
        listed = venue.instruments.parse(replies)
        _check_complete(venue, known, listed)
        now = {_key(each) for each in listed}
        gone = [replace(each, status=DELISTED) for each in known if _key(each) not in now]
        still = [each for each in known if _key(each) in now]
        unite(f"{venue.exchange} {venue.market}", [*gone, *still, *listed])
        events = compare(known, listed)
        listing = CachedList((*listed, *gone), fetched_ns)
        self._write(venue, listing)
        return Refresh(listing, () if before is None else tuple(events))

    def _write(self, venue: Venue, listing: CachedList) -> None:
        document: dict[str, Any] = {
            "format": _FORMAT,
            "fetched_ns": listing.fetched_ns,
            "instruments": [to_row(each) for each in listing.instruments],
        }
        path = self.path(venue)
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            _replace(path, orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))
        except OSError as error:
            raise InstrumentError(f"{path}: cannot write the instrument cache: {error}") from error


def compare(before: Iterable[Instrument], after: Iterable[Instrument]) -> list[ListingEvent]:
    """Return what happened between two lists of one exchange.

    Parameters
    ----------
    before
        The older list; those marked ``delisted`` count as not listed.
    after
        The newer one.
    """
    known = {_key(each): each for each in before}
    events = []
    for instrument in after:
        previous = known.pop(_key(instrument), None)
        if previous is None or previous.status == DELISTED:
            events.append(ListingEvent(ListingKind.LISTED, instrument, previous))
        elif changed := _changed(previous, instrument):
            events.append(ListingEvent(ListingKind.CHANGED, instrument, previous, changed))
    events.extend(
        ListingEvent(ListingKind.DELISTED, replace(each, status=DELISTED), each, ("status",))
        for each in known.values()
        if each.status != DELISTED
    )
    return events


def _changed(previous: Instrument, now: Instrument) -> tuple[str, ...]:
    names = (each.name for each in fields(Instrument))
    return tuple(name for name in names if getattr(previous, name) != getattr(now, name))


def _key(instrument: Instrument) -> tuple[str, str]:
    return instrument.market, instrument.raw_symbol


def _check_complete(
    venue: Venue, known: Sequence[Instrument], listed: Sequence[Instrument]
) -> None:
    now = {_key(each) for each in listed}
    for market in venue.carried_markets:
        before = [each for each in known if each.market == market and each.status != DELISTED]
        missing = [each for each in before if _key(each) not in now]
        if len(before) >= _FEW and len(missing) * 2 > len(before):
            raise InstrumentError(
                f"{venue.exchange} {market}: the new list lacks {len(missing)} of {len(before)} "
                "instruments; it is taken for incomplete"
            )


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise
