"""What lies where in an archive. Everything a reader needs to know is here.

::

    PATH/manifest.json
    PATH/2024/Q1/trades_202401.parquet                  layout "time"
    PATH/2024/Q1/orderbook_202401.parquet
    PATH/by_exchange/binance/trades_202401.parquet      layout "exchange"
    PATH/2024/Q1/klines_1m_202401.parquet               made from trades
    PATH/funding/binance/funding_202401.csv             made from funding
    PATH/unknown/quarantine_unknown.parquet             rows without any time
    PATH/by_exchange/binance/quarantine_unknown.parquet

A file holds the rows of one type whose time (:data:`tapeline.storage.schema.TIME_COLUMNS`) is in
one UTC month, of all exchanges or of one, in the order of an answer and with the columns of
:func:`tapeline.storage.schema.stored_schema_of`. Of rows with one event id and time there is one.
Rows without any time are in a file of their own, whose month is ``unknown``.
Any reader of Parquet can read it: zstd level 10, row groups of up to 131,072 rows with statistics.

``manifest.json`` is the truth about the archive: a file that it does not name was left over. It is
a JSON object ``{"format": 1, "layout": "time", "files": [...]}``; each file has ``type``,
``month`` (``2024-01``), ``exchange`` (null: all), ``path``, ``rows``, ``bytes``, ``sha256``,
``time_min_ns`` and ``time_max_ns`` (inclusive; null for rows without a time), ``days`` (rows by UTC
date), ``instruments`` (exchange, market, symbol, raw symbol), ``is_final`` (the month was over when
it was written; rows without a time are never final),
``written_ns``, ``source`` and ``spans`` (the first and last time of each instrument, in their
order; not there in files of earlier versions). A file is named only after it was read back and
compared.

A file may be replaced by one with more rows. Between that and the new manifest the old one is
wrong about its size; the next run of the archive job sets it right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson

from tapeline.errors import StoreFormatError
from tapeline.storage.parquet.layout import MANIFEST as MANIFEST
from tapeline.storage.parquet.manifest import FileFact
from tapeline.storage.parquet.sorting import Instrument, Span
from tapeline.storage.schema import UNKNOWN_DATE

FORMAT: Final = 1
BY_TIME: Final = "time"
BY_EXCHANGE: Final = "exchange"
LAYOUTS: Final = (BY_TIME, BY_EXCHANGE)
KLINE: Final = "kline"

_NAMES: Final[Mapping[str, str]] = {
    "trade": "trades",
    "liquidation": "liquidations",
    KLINE: "klines_1m",
}


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """One file of an archive; the fields are described above."""

    type: str
    month: str
    exchange: str | None
    path: str
    rows: int
    bytes: int
    sha256: str
    time_min_ns: int | None
    time_max_ns: int | None
    days: Mapping[str, int]
    instruments: Sequence[Instrument]
    is_final: bool
    written_ns: int
    source: str
    spans: Sequence[Span] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """Names the file's content."""
        return self.type, self.month, self.exchange or ""

    def as_fact(self) -> FileFact:
        """Return it as a file of a Parquet store; the date is the month."""
        return FileFact(
            self.type,
            self.month,
            self.path,
            self.rows,
            self.bytes,
            self.sha256,
            self.time_min_ns,
            self.time_max_ns,
            self.instruments,
            # An archive is written without repeats.
            is_distinct=True,
            spans=self.spans,
        )


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds."""

    layout: str
    files: Mapping[tuple[str, str, str], ArchivedFile]

    def facts(self) -> list[FileFact]:
        """Return the files of events as those of a Parquet store."""
        return [file.as_fact() for file in self.files.values() if file.type != KLINE]

    def to_json(self) -> bytes:
        """Return the bytes of ``manifest.json``, for people too."""
        document = {
            "format": FORMAT,
            "layout": self.layout,
            "files": [asdict(self.files[key]) for key in sorted(self.files)],
        }
        return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def manifest_of(path: str, content: bytes) -> Manifest:
    """Read a manifest.

    Raises
    ------
    StoreFormatError
        It is damaged, not ours, or of a newer format.
    """
    try:
        document: dict[str, Any] = orjson.loads(content)
        if document["format"] > FORMAT:
            raise StoreFormatError(
                f"{path} has format {document['format']}, this tapeline knows formats up to"
                f" {FORMAT}: use a newer one"
            )
        files = [_file(each) for each in document["files"]]
        return Manifest(document["layout"], {file.key: file for file in files})
    except (ValueError, TypeError, KeyError) as error:
        raise StoreFormatError(
            f"{path} is damaged ({type(error).__name__}: {error}); restore it from a copy"
        ) from error


def _file(document: dict[str, Any]) -> ArchivedFile:
    instruments = [tuple(each) for each in document.pop("instruments")]
    spans = [(first, last) for first, last in document.pop("spans", ())]
    return ArchivedFile(**document, instruments=instruments, spans=spans)


def file_path(layout: str, event_type: str, month: str, exchange: str | None) -> str:
    """Return where a file lies; ``exchange`` is None in the layout by time.

    Parameters
    ----------
    month
        ``2024-01``, or ``unknown``.
    """
    name = f"{_NAMES.get(event_type, event_type)}_{month.replace('-', '')}.parquet"
    if layout == BY_EXCHANGE:
        return f"by_exchange/{exchange}/{name}"
    if month == UNKNOWN_DATE:
        return f"{month}/{name}"
    year, number = month.split("-")
    return f"{year}/Q{(int(number) + 2) // 3}/{name}"


def csv_path(exchange: str, month: str) -> str:
    """Return where the funding rates of an exchange and month lie as text."""
    return f"funding/{exchange}/funding_{month.replace('-', '')}.csv"
