"""What the archive job makes from archived months: klines, and funding rates as text."""

import csv
import io
from collections.abc import Iterator
from typing import Any, Final

from tapeline.access.ports import Reader
from tapeline.apps.archive_job import Done, end_of
from tapeline.apps.exact_text import exact_text, iso
from tapeline.apps.klines import gaps_of, minute_klines
from tapeline.storage.archive.archive import Archive
from tapeline.storage.archive.layout import KLINE, ArchivedFile, csv_path
from tapeline.storage.archive.staging import start_of
from tapeline.storage.parquet.rewriting import tables_of

FUNDING_HEADER: Final = (
    "time",
    "timestamp_ns",
    "exchange",
    "market",
    "symbol",
    "raw_symbol",
    "rate",
    "mark_price",
    "index_price",
    "interval_ns",
    "next_funding",
    "next_funding_ns",
    "received_ns",
    "quality",
    "event_id",
)


def write_klines(archive: Archive, reader: Reader) -> Iterator[Done]:
    """Make the klines of every archived month of trades that has none, or older ones."""
    for file in list(archive.manifest.files.values()):
        known = archive.manifest.files.get((KLINE, file.month, file.exchange or ""))
        if file.type != "trade" or (known is not None and known.written_ns >= file.written_ns):
            continue
        gaps = gaps_of(reader, start_of(file.month), end_of(file.month))
        copy = archive.fetch(file)
        try:
            trades = tables_of("trade", copy)
            made = archive.write(
                KLINE,
                file.month,
                file.exchange,
                minute_klines(trades, gaps),
                is_final=file.is_final,
                source=file.path,
            )
        finally:
            archive.forget(copy)
        yield Done(KLINE, file.month, file.exchange, "written", made)


def write_funding_texts(archive: Archive, written: set[str]) -> Iterator[str]:
    """Make the CSV files of archived months of funding; yield their paths.

    Parameters
    ----------
    written
        Paths of Parquet files of this run: their texts are made again. Others where one is missing.
    """
    there = {each.path for each in archive.list_texts()}
    for file in list(archive.manifest.files.values()):
        if file.type != "funding":
            continue
        exchanges = sorted({instrument[0] for instrument in file.instruments})
        paths = {exchange: csv_path(exchange, file.month) for exchange in exchanges}
        if file.path in written or not there.issuperset(paths.values()):
            texts = _texts(archive, file)
            for exchange, path in paths.items():
                archive.put_text(path, texts[exchange].getvalue().encode())
                yield path


def _texts(archive: Archive, file: ArchivedFile) -> dict[str, io.StringIO]:
    texts: dict[str, io.StringIO] = {}
    copy = archive.fetch(file)
    try:
        for table in tables_of("funding", copy):
            for row in table.to_pylist():
                text = texts.get(row["exchange"])
                if text is None:
                    text = texts[row["exchange"]] = io.StringIO()
                    csv.writer(text, lineterminator="\n").writerow(FUNDING_HEADER)
                csv.writer(text, lineterminator="\n").writerow(_fields(row))
    finally:
        archive.forget(copy)
    return texts


def _fields(row: dict[str, Any]) -> list[str]:
    extra = {
        "time": iso(row["timestamp_ns"]),
        "next_funding": iso(row["next_funding_ns"]),
        "event_id": row["event_id"].hex(),
    }
    return [exact_text((row | extra)[name]) for name in FUNDING_HEADER]
