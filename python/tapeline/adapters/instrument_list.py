"""Reading instrument lists: what every market's reader needs. Names no venue.

A market says which replies list its instruments and how a row is read; files, tapes, our own JSON
form, contradictions and the sentences about them are alike for all.
"""

import gzip
import os
import zlib
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

from tapeline.errors import InstrumentError, TapeError
from tapeline.model import Instrument, InstrumentKind
from tapeline.tape.reader import TapeReader

_GZIP_MAGIC = b"\x1f\x8b"
_KINDS: tuple[InstrumentKind, ...] = ("spot", "perpetual", "future")
_OWN_FORM = 'a JSON list of {"raw_symbol", "symbol"}'

Rows = list[Any]
"""Rows of a reply, as parsed from JSON."""


@dataclass(frozen=True, slots=True)
class Addition:
    """A reply that lists no instruments, and says more of some.

    Parameters
    ----------
    is_reply
        Says of a URL whether replies to it do.
    apply
        Takes the parsed reply and the instruments, and returns these with what it says. A reply
        that is none raises ``AttributeError``, ``KeyError``, ``TypeError`` or ``ValueError``.
    """

    is_reply: Callable[[str], bool]
    apply: Callable[[Any, list[Instrument]], list[Instrument]]


@dataclass(frozen=True, slots=True)
class InstrumentList:
    """How the instrument list of one market is read.

    Parameters
    ----------
    exchange, market
        Whose list it is.
    reply_name
        What the venue calls the reply, for messages about a fault.
    is_reply
        Says of a URL whether replies to it list instruments of this market.
    rows
        Returns the rows of a parsed reply; None if it is no such reply.
    instrument
        Reads a row; None for one of another market. A row that lacks something raises
        ``AttributeError``, ``KeyError``, ``TypeError`` or ``ValueError``.
    package
        Where the bundled ``instruments.json`` is.
    addition
        What another reply of the venue says of instruments that are listed; None where there is
        none.
    """

    exchange: str
    market: str
    reply_name: str
    is_reply: Callable[[str], bool]
    rows: Callable[[Any], Rows | None]
    instrument: Callable[[Any], Instrument | None]
    package: str
    addition: "Addition | None" = None

    def bundled(self) -> list[Instrument]:
        """Return the liquid instruments that come with the package."""
        name = "instruments.json"
        content = files(self.package).joinpath(name).read_bytes()
        return self._united(name, self._document(name, orjson.loads(content)))

    def load(self, path: str | os.PathLike[str]) -> list[Instrument]:
        """Read an instrument list.

        Parameters
        ----------
        path
            A reply of the venue, a tape (``.jsonl``, ``.jsonl.gz``) that holds some, or our own
            JSON list of ``{"raw_symbol": ..., "symbol": ...}``. Plain or gzip.

        Returns
        -------
        list[Instrument]
            In the file's order, at least one. Several replies of a tape are united.

        Raises
        ------
        InstrumentError
            The file cannot be read, is none of the three, is empty or contradicts itself.
        """
        name = os.fspath(path)
        if Path(name).name.removesuffix(".gz").endswith(".jsonl"):
            return self._tape(name)
        try:
            content = Path(name).read_bytes()
            if content.startswith(_GZIP_MAGIC):
                content = gzip.decompress(content)
            document = orjson.loads(content.removeprefix(BOM_UTF8))
        except (OSError, EOFError, zlib.error) as error:
            raise InstrumentError(f"{name}: cannot read the instrument list: {error}") from error
        except orjson.JSONDecodeError as error:
            message = f"{name}: {self._expected()}; it is not JSON: {error}"
            raise InstrumentError(message) from error
        return self._united(name, self._document(name, document))

    def parse(self, replies: Iterable[tuple[str, bytes]]) -> list[Instrument]:
        """Read the venue's replies, one after the other.

        Parameters
        ----------
        replies
            Address and body of each.

        Returns
        -------
        list[Instrument]
            At least one. What a later reply says of an instrument counts.

        Raises
        ------
        InstrumentError
            A body is no such reply, or they contradict each other.
        """
        return self._from_replies("the venue's replies", replies)

    def _tape(self, name: str) -> list[Instrument]:
        try:
            replies = [(frame.url, frame.raw) for frame in TapeReader(name) if frame.kind == "http"]
        except TapeError as error:
            raise InstrumentError(f"cannot read the instrument list: {error}") from error
        wanted = (reply for reply in replies if self.is_reply(reply[0]) or self._adds(reply[0]))
        return self._from_replies(name, wanted)

    def _from_replies(self, name: str, replies: Iterable[tuple[str, bytes]]) -> list[Instrument]:
        more = []
        listed: list[Instrument] = []
        for url, body in replies:
            if self._adds(url):
                more.append(body)
            else:
                listed += self._reply(name, body)
        united = self._united(name, listed)
        for body in more:
            united = self._with_addition(name, body, united)
        return united

    def _adds(self, url: str) -> bool:
        return self.addition is not None and self.addition.is_reply(url)

    def _with_addition(
        self, name: str, body: bytes, instruments: list[Instrument]
    ) -> list[Instrument]:
        assert self.addition is not None  # noqa: S101 - for the type checker
        try:
            return self.addition.apply(orjson.loads(body), instruments)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InstrumentError(f"{name}: a reply beside the list is none: {error}") from error

    def _reply(self, name: str, raw: bytes) -> list[Instrument]:
        try:
            document = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise InstrumentError(f"{name}: a reply is not JSON: {error}") from error
        return list(self._document(name, document))

    def _document(self, name: str, document: Any) -> Iterator[Instrument]:  # noqa: ANN401 - JSON
        if isinstance(document, list):
            rows: Rows | None = document
            read: Callable[[Any], Instrument | None] = self._own_row
        else:
            rows, read = self.rows(document), self.instrument
        if rows is None:
            raise InstrumentError(f"{name}: {self._expected()}")
        seen: set[str] = set()
        for index, row in enumerate(rows):
            try:
                instrument = read(row)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                message = f"{name}: instrument {index}: {self._expected()}; {error}"
                raise InstrumentError(message) from error
            if instrument is None:
                continue
            if instrument.raw_symbol in seen:
                raise InstrumentError(f"{name}: {instrument.raw_symbol!r} is listed twice")
            seen.add(instrument.raw_symbol)
            yield instrument

    def _own_row(self, row: Any) -> Instrument:  # noqa: ANN401 - any JSON
        return from_row(row, self.exchange, self.market)

    def _expected(self) -> str:
        return f"expected {self.reply_name}, a tape with such replies, or {_OWN_FORM}"

    def _united(self, name: str, instruments: Iterable[Instrument]) -> list[Instrument]:
        united = unite(name, instruments)
        if not united:
            raise InstrumentError(
                f"{name}: holds no instrument of {self.exchange} {self.market}; {self._expected()}"
            )
        return united


def unite(name: str, instruments: Iterable[Instrument]) -> list[Instrument]:
    """Return each instrument once, as the last mention of it has it.

    Parameters
    ----------
    name
        Where they come from, for messages.
    instruments
        In the order of the list.

    Returns
    -------
    list[Instrument]
        In the order of first mention. Of several raw symbols with one symbol only the one that is
        trading is kept, or the last one if none is.

    Raises
    ------
    InstrumentError
        A raw symbol has two symbols, or two that are trading have the same.
    """
    by_raw: dict[tuple[str, str], Instrument] = {}
    for instrument in instruments:
        key = (instrument.market, instrument.raw_symbol)
        known = by_raw.get(key, instrument)
        if known.symbol != instrument.symbol:
            raise InstrumentError(
                f"{name}: {instrument.raw_symbol!r} is both {known.symbol!r} "
                f"and {instrument.symbol!r}"
            )
        by_raw[key] = instrument
    by_symbol: dict[tuple[str, str], Instrument] = {}
    for instrument in by_raw.values():
        place = (instrument.market, instrument.symbol)
        other = by_symbol.get(place)
        if other is not None and other.is_trading and instrument.is_trading:
            raise InstrumentError(
                f"{name}: {other.raw_symbol!r} and {instrument.raw_symbol!r} "
                f"are both {instrument.symbol!r}"
            )
        if other is None or not other.is_trading:
            by_symbol[place] = instrument
    kept = set(map(id, by_symbol.values()))
    return [each for each in by_raw.values() if id(each) in kept]


def text(row: Any, key: str) -> str:  # noqa: ANN401 - any JSON
    """Return a member that must be text with something in it.

    Raises
    ------
    KeyError, ValueError
        It is missing, no text or blank.
    """
    value = row[key]
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} must be text, not empty")
    return value


def decimal(value: Any) -> Decimal | None:  # noqa: ANN401 - any JSON
    """Return a decimal number above zero; None for what is missing, blank or no such number."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and number > 0 else None


def to_row(instrument: Instrument) -> dict[str, str | int | bool]:
    """Return our own JSON form; what is empty is left out."""
    row: dict[str, str | int | bool] = {
        "raw_symbol": instrument.raw_symbol,
        "symbol": instrument.symbol,
        "market": instrument.market,
        "kind": instrument.kind,
    }
    for key in ("base", "quote", "settle", "status"):
        if getattr(instrument, key):
            row[key] = getattr(instrument, key)
    for key in ("contract_size", "tick_size"):
        if getattr(instrument, key) is not None:
            row[key] = str(getattr(instrument, key))
    if instrument.is_inverse:
        row["is_inverse"] = True
    for key in ("expiry_ns", "funding_interval_ns"):
        if getattr(instrument, key) is not None:
            row[key] = getattr(instrument, key)
    return row


def from_row(row: Any, exchange: str, market: str) -> Instrument:  # noqa: ANN401 - any JSON
    """Read our own JSON form; ``market`` is that of a row which does not say.

    Raises
    ------
    KeyError, TypeError, ValueError
        A member is missing or of the wrong type.
    """
    kind = row.get("kind", "spot")
    if kind not in _KINDS:
        raise ValueError(f"kind must be one of {', '.join(_KINDS)}")
    for key in ("expiry_ns", "funding_interval_ns"):
        if not isinstance(row.get(key), int | None):
            raise TypeError(f"{key} must be an integer")
    words = {key: row.get(key, "") for key in ("base", "quote", "settle", "status")}
    if not all(isinstance(word, str) for word in words.values()):
        raise TypeError("base, quote, settle and status must be text")
    return Instrument(
        exchange,
        text(row, "market") if "market" in row else market,
        text(row, "symbol"),
        text(row, "raw_symbol"),
        kind=kind,
        contract_size=_size(row, "contract_size"),
        is_inverse=row.get("is_inverse") is True,
        expiry_ns=row.get("expiry_ns"),
        tick_size=_size(row, "tick_size"),
        funding_interval_ns=row.get("funding_interval_ns"),
        **words,
    )


def _size(row: Any, key: str) -> Decimal | None:  # noqa: ANN401 - any JSON
    if key not in row:
        return None
    size = decimal(row[key])
    if size is None:
        raise ValueError(f"{key} must be a decimal number above zero, as text")
    return size
