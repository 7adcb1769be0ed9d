"""The instruments of Binance spot, from the venue's own list.

A symbol is never taken apart by guessing where the base ends: exchangeInfo says base and quote.
"""

import gzip
import os
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from tapeline.adapters.binance.spot.endpoints import EXCHANGE_INFO_PATH
from tapeline.errors import InstrumentError, TapeError
from tapeline.model import Instrument
from tapeline.tape.reader import TapeReader

EXCHANGE = "binance"
MARKET = "spot"

_EXPECTED = (
    "expected an exchangeInfo reply, a tape with exchangeInfo replies of api/v3, "
    'or a JSON list of {"raw_symbol", "symbol"}'
)
_GZIP_MAGIC = b"\x1f\x8b"


def bundled_instruments() -> list[Instrument]:
    """Return the liquid pairs that come with the package."""
    name = "instruments.json"
    content = files(__package__).joinpath(name).read_bytes()
    return _unique(name, _from_json(name, orjson.loads(content)))


def load_instruments(path: str | os.PathLike[str]) -> list[Instrument]:
    """Read an instrument list.

    Parameters
    ----------
    path
        An exchangeInfo reply, a tape (``.jsonl``, ``.jsonl.gz``) that holds exchangeInfo replies of
        this market, or our own JSON list of ``{"raw_symbol": ..., "symbol": ...}``. Plain or gzip.

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
        return _unique(name, _from_tape(name))
    try:
        content = Path(name).read_bytes()
        if content.startswith(_GZIP_MAGIC):
            content = gzip.decompress(content)
        document = orjson.loads(content.removeprefix(BOM_UTF8))
    except (OSError, EOFError, zlib.error) as error:
        raise InstrumentError(f"{name}: cannot read the instrument list: {error}") from error
    except orjson.JSONDecodeError as error:
        raise InstrumentError(f"{name}: {_EXPECTED}; it is not JSON: {error}") from error
    return _unique(name, _from_json(name, document))


def _from_tape(name: str) -> Iterator[Instrument]:
    try:
        for frame in TapeReader(name):
            if frame.kind == "http" and _path(frame.url) == EXCHANGE_INFO_PATH:
                yield from _reply(name, frame.raw)
    except TapeError as error:
        raise InstrumentError(f"cannot read the instrument list: {error}") from error


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _reply(name: str, raw: bytes) -> list[Instrument]:
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InstrumentError(f"{name}: an exchangeInfo reply is not JSON: {error}") from error
    return list(_from_json(name, document))


def _from_json(name: str, document: Any) -> Iterator[Instrument]:  # noqa: ANN401 - any JSON
    if isinstance(document, list):
        rows, read = document, _own_row
    elif isinstance(document, dict) and isinstance(document.get("symbols"), list):
        rows, read = document["symbols"], _exchange_info_row
    else:
        raise InstrumentError(f"{name}: {_EXPECTED}")
    seen: set[str] = set()
    for index, row in enumerate(rows):
        try:
            raw_symbol, symbol = read(row)
        except (KeyError, TypeError) as error:
            raise InstrumentError(f"{name}: instrument {index}: {_EXPECTED}") from error
        if not all(isinstance(text, str) and text.strip() for text in (raw_symbol, symbol)):
            raise InstrumentError(f"{name}: instrument {index}: a symbol must be text, not empty")
        if raw_symbol in seen:
            raise InstrumentError(f"{name}: {raw_symbol!r} is listed twice")
        seen.add(raw_symbol)
        yield Instrument(EXCHANGE, MARKET, symbol, raw_symbol)


def _own_row(row: Any) -> tuple[str, str]:  # noqa: ANN401 - any JSON
    return row["raw_symbol"], row["symbol"]


def _exchange_info_row(row: Any) -> tuple[str, str]:  # noqa: ANN401 - any JSON
    base, quote = row["baseAsset"], row["quoteAsset"]
    if not (isinstance(base, str) and base and isinstance(quote, str) and quote):
        raise TypeError("baseAsset and quoteAsset must be text")
    return row["symbol"], f"{base}/{quote}"


def _unique(name: str, instruments: Iterable[Instrument]) -> list[Instrument]:
    by_raw: dict[str, Instrument] = {}
    by_symbol: dict[str, Instrument] = {}
    for instrument in instruments:
        known = by_raw.setdefault(instrument.raw_symbol, instrument)
        if known.symbol != instrument.symbol:
            raise InstrumentError(
                f"{name}: {instrument.raw_symbol!r} is both {known.symbol!r} "
                f"and {instrument.symbol!r}"
            )
        other = by_symbol.setdefault(instrument.symbol, known)
        if other.raw_symbol != instrument.raw_symbol:
            raise InstrumentError(
                f"{name}: {other.raw_symbol!r} and {instrument.raw_symbol!r} "
                f"are both {instrument.symbol!r}"
            )
    if not by_raw:
        raise InstrumentError(f"{name}: holds no instrument of binance spot; {_EXPECTED}")
    return list(by_raw.values())
