"""The instruments of stores, and finding the one that was meant."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from tapeline.access.ports import INSTRUMENT_SCHEMA
from tapeline.errors import UnknownNameError
from tapeline.storage.schema import EVENT_TYPES

Instrument = tuple[str, str, str, str]
"""Exchange, market, symbol and the venue's spelling."""


@dataclass(slots=True)
class _Sighting:
    types: set[str] = field(default_factory=set)
    first_ns: int | None = None
    last_ns: int | None = None


class Sightings:
    """Collects where instruments were seen."""

    def __init__(self) -> None:
        self._found: dict[Instrument, _Sighting] = {}

    def add(
        self, instrument: Instrument, event_type: str, first_ns: int | None, last_ns: int | None
    ) -> None:
        """Note that rows of a type are there, and between which times."""
        found = self._found.setdefault(instrument, _Sighting())
        found.types.add(event_type)
        if first_ns is not None:
            found.first_ns = first_ns if found.first_ns is None else min(found.first_ns, first_ns)
        if last_ns is not None:
            found.last_ns = last_ns if found.last_ns is None else max(found.last_ns, last_ns)

    def add_table(self, table: pa.Table) -> None:
        """Take over what a reader knows."""
        for row in table.to_pylist():
            key = (row["exchange"], row["market"], row["symbol"], row["raw_symbol"])
            for event_type in row["types"]:
                self.add(key, event_type, row["first_ns"], row["last_ns"])

    def to_arrow(self) -> pa.Table:
        """Return them with the columns of :data:`tapeline.access.ports.INSTRUMENT_SCHEMA`."""
        rows: list[dict[str, Any]] = [
            {
                "exchange": instrument[0],
                "market": instrument[1],
                "symbol": instrument[2],
                "raw_symbol": instrument[3],
                "types": [name for name in EVENT_TYPES if name in seen.types],
                "first_ns": seen.first_ns,
                "last_ns": seen.last_ns,
            }
            for instrument, seen in sorted(
                self._found.items(), key=lambda each: (*each[0][:2], each[0][3], each[0][2])
            )
        ]
        return pa.Table.from_pylist(rows, INSTRUMENT_SCHEMA)


def check_known(
    wanted: Sequence[str], exchange: str | None, market: str | None, known: pa.Table
) -> None:
    """Refuse a name no instrument has, naming those that look alike.

    Raises
    ------
    UnknownNameError
        An exchange, a market or a symbol that is not in the store.
    """
    rows = known.to_pylist()
    if not rows:
        raise UnknownNameError("there are no instruments yet: nothing was stored")
    rows = _narrowed(rows, "exchange", exchange)
    rows = _narrowed(rows, "market", market)
    names = {row["symbol"] for row in rows} | {row["raw_symbol"] for row in rows}
    for each in wanted:
        if each not in names:
            where = " ".join(text for text in (exchange, market) if text)
            raise _unknown("symbol", each, names, f" of {where}" if where else "")


def _narrowed(rows: list[dict[str, Any]], name: str, value: str | None) -> list[dict[str, Any]]:
    if value is None:
        return rows
    found = [row for row in rows if row[name] == value]
    if not found:
        raise _unknown(name, value, {row[name] for row in rows}, "")
    return found


def _unknown(what: str, text: str, names: Iterable[str], where: str) -> UnknownNameError:
    # Of two names that read alike the canonical one is shown.
    by_plain = {_plain(name): name for name in sorted(names, key=lambda name: ("/" in name, name))}
    close = difflib.get_close_matches(_plain(text), by_plain, n=3, cutoff=0.5)
    shown = [by_plain[each] for each in close] or sorted(names)[:5]
    verb = "did you mean" if close else "there are for example"
    return UnknownNameError(
        f"no {what} {text!r}{where} in this data: {verb} {', '.join(map(repr, shown))}?"
        " `.instruments()` lists all"
    )


def _plain(text: str) -> str:
    """Fold case and separators: what a hurried person types."""
    return "".join(char for char in text.casefold() if char.isalnum())
