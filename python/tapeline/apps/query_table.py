"""An answer as tables: its first and its last rows."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import pyarrow as pa
from rich.table import Table

from tapeline.access.frames import Frame, Frames
from tapeline.access.plain_rows import rows_of
from tapeline.apps.event_console import EventConsole
from tapeline.apps.event_table import TABLE_COLUMNS, cell, heading

_HEAD: Final = 10
_TAIL: Final = 10

Row = dict[str, Any]


def print_tables(frames: Frames, advance: Callable[[int], None]) -> None:
    """Print the first and the last rows of each type, and how many there are."""
    console = EventConsole()
    for name, frame in frames.items():
        head, tail, count = ends_of(frame, TABLE_COLUMNS[name], advance)
        table = Table(*map(heading, TABLE_COLUMNS[name]), box=None, pad_edge=False)
        for row in head:
            table.add_row(*(cell(column, row[column]) for column in TABLE_COLUMNS[name]))
        if count > len(head) + len(tail):
            left_out = f"... {count - len(head) - len(tail):,} more ..."
            table.add_row(left_out, *[""] * (len(TABLE_COLUMNS[name]) - 1))
        for row in tail:
            table.add_row(*(cell(column, row[column]) for column in TABLE_COLUMNS[name]))
        if count:
            console.print(table)
        console.print(f"{count:,} {name} rows", highlight=False)


def ends_of(
    frame: Frame, columns: Sequence[str], advance: Callable[[int], None]
) -> tuple[list[Row], list[Row], int]:
    """Return the first rows, the last ones that are not among them, and the count of all."""
    head: list[Row] = []
    last: deque[Row] = deque(maxlen=_TAIL)
    count = 0
    for batch in frame.batches(columns):
        advance(batch.num_rows)
        count += batch.num_rows
        table = pa.Table.from_batches([batch])
        taken = min(_HEAD - len(head), batch.num_rows)
        head += rows_of(table.slice(0, taken))
        rest = table.slice(taken)
        last.extend(rows_of(rest.slice(max(rest.num_rows - _TAIL, 0))))
    return head, list(last), count
