"""Retention of a ClickHouse store: parts that are known are dropped or cut, and no others.

A part holds what certain inserts brought, and inserts are numbered. So what was there when
verification began can be told from what came later, also after merges, and a statement that names
its parts cannot touch a row of which it is not known whether the archive has it.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from tapeline.errors import StoreConflictError, StoreUnavailableError
from tapeline.storage.clickhouse.connection import Connection
from tapeline.storage.clickhouse.schema_check import check_tables
from tapeline.storage.clickhouse.tables import DAILY, TIME, partition_of
from tapeline.storage.targets import Target

_TRIES: Final = 10
_KEPT: Final[Mapping[str, str]] = {"orderbook": "ifNull(depth = 2 AND action = 'snapshot', 0)"}
"""What :func:`tapeline.storage.retention.kept_for_ever` says, for ClickHouse."""
_PARTS: Final = (
    "SELECT table, partition_id, name, max_block_number, bytes_on_disk FROM system.parts"
    " WHERE active AND rows > 0 AND database = %(database)s AND table LIKE %(table)s"
)


class Part(NamedTuple):
    """A part of a table."""

    table: str
    partition: str
    name: str
    last_insert: int
    """Number of the latest insert whose rows are in it."""
    bytes: int


class ClickHouseThinner:
    """Takes rows out of a store; see :class:`tapeline.storage.retention.Thinner`.

    Killed at any instant it may leave some of the rows, which the next run takes out.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._last_inserts: dict[tuple[str, str], int] = {}

    def begin(self) -> None:
        """Remember how far inserts are; see :meth:`Thinner.begin`."""
        check_tables(self._connection)
        self._last_inserts = {}
        for part in self._parts("%"):
            place = part.table, part.partition
            self._last_inserts[place] = max(
                part.last_insert, self._last_inserts.get(place, part.last_insert)
            )

    def tidy(self) -> None:
        """Do nothing: the server does; see :meth:`Thinner.tidy`."""

    def bytes_before(self, event_type: str, before_ns: int) -> int | None:
        """Add up the days that are over; see :meth:`Thinner.bytes_before`."""
        if event_type not in DAILY:
            return None
        edge = self._edge(event_type, before_ns)
        return sum(part.bytes for part in self._parts(event_type) if int(part.partition) < edge)

    def drop_before(self, event_type: str, before_ns: int) -> int:
        """Take out what is due, at once; see :meth:`Thinner.drop_before`."""
        edge = self._edge(event_type, before_ns)
        condition = f"{TIME} < toInt64({int(before_ns)}) AND NOT {_KEPT.get(event_type, 'false')}"
        gone, is_through = 0, False
        for _ in range(_TRIES):
            due = self._counted(event_type, condition)
            if not due:
                return gone
            gone = max(gone, sum(due.values()))
            found = [part for part in self._parts(event_type) if part.partition in due]
            known = [part for part in found if self._is_known(part)]
            if len(known) < len(found) and (is_through or not known):
                raise StoreConflictError(
                    f"{self._connection.shown}: {event_type} rows of {min(due)} came meanwhile;"
                    " archive them and run retention again"
                )
            try:
                self._take_out(event_type, known, edge, condition)
            except StoreUnavailableError:
                # A merge may have been faster: then parts have other names now.
                if {part.name for part in known} <= {each.name for each in self._parts(event_type)}:
                    raise
            else:
                is_through = True
        raise StoreConflictError(f"{self._connection.shown}: {event_type} is merged all the time")

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()

    def _take_out(self, event_type: str, parts: Sequence[Part], edge: int, condition: str) -> None:
        """Drop parts in which everything is due, write the others again without what is."""
        cut = []
        for part in parts:
            if event_type in _KEPT or int(part.partition) >= edge:
                cut.append(f"'{part.name}'")
            else:
                self._connection.command(f"ALTER TABLE {{db}}.{event_type} DROP PART '{part.name}'")
        if cut:
            # In one statement: each of this kind looks at all parts of the table.
            self._connection.command(
                f"ALTER TABLE {{db}}.{event_type} DELETE WHERE {condition}"
                f" AND _part IN ({', '.join(cut)}) SETTINGS mutations_sync = 2"
            )

    def _is_known(self, part: Part) -> bool:
        known = self._last_inserts.get((part.table, part.partition))
        return known is not None and part.last_insert <= known

    def _counted(self, event_type: str, condition: str) -> dict[str, int]:
        """Return how many rows are due, by partition."""
        rows = self._connection.rows(
            f"SELECT _partition_id, count() FROM {{db}}.{event_type} FINAL WHERE {condition}"
            " GROUP BY _partition_id SETTINGS do_not_merge_across_partitions_select_final = 1"
        )
        return {str(partition): int(count) for partition, count in rows}

    def _edge(self, event_type: str, before_ns: int) -> int:
        """Return the partition of an instant: all before it are over."""
        return int(self._connection.rows(f"SELECT {partition_of(event_type, before_ns)}")[0][0])

    def _parts(self, table: str) -> list[Part]:
        names = {"database": self._connection.database, "table": table}
        return [Part(*row) for row in self._connection.rows(_PARTS, names)]


def open_thinner(target: Target) -> ClickHouseThinner:
    """Open the store of an address to take rows out.

    Raises
    ------
    SettingsError
        The address has an unknown option or a bad one.
    """
    return ClickHouseThinner(Connection(target))
