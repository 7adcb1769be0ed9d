"""Values as text without a loss: decimals with all their digits, times with all nine."""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TextIO

import pyarrow as pa


def exact_text(value: object) -> str:
    """Return a value as text; the empty text for None."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        # All digits, no exponent, no zeros that say nothing.
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def write_csv(tables: Iterable[pa.Table], out: TextIO) -> None:
    """Write rows of flat columns as CSV with a header."""
    writer = csv.writer(out, lineterminator="\n")
    is_first = True
    for table in tables:
        if is_first:
            writer.writerow(table.schema.names)
            is_first = False
        columns = [table[name].to_pylist() for name in table.schema.names]
        for row in zip(*columns, strict=True):
            writer.writerow([exact_text(value) for value in row])


def iso(time_ns: int | None) -> str | None:
    """Return a time as ``2024-01-01T00:00:00.000000000Z``."""
    if time_ns is None:
        return None
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"
