"""Whether the tables of a database are ours and of this version."""

from typing import Final

from tapeline.errors import StoreFormatError
from tapeline.storage.clickhouse.connection import Connection
from tapeline.storage.clickhouse.tables import COMMENT, EARLIER_TYPES, FORMAT, columns_of, tables

_COMMENTS: Final = "SELECT name, comment FROM system.tables WHERE database = %(database)s"
_COLUMNS: Final = (
    "SELECT table, name, type FROM system.columns WHERE database = %(database)s"
    " AND default_kind = ''"
)


def check_tables(connection: Connection, *, may_be_missing: bool = False) -> frozenset[str]:
    """Compare tables and columns with what this version writes.

    Returns
    -------
    frozenset of str
        Names of the tables and views that there are.

    Raises
    ------
    StoreFormatError
        A table or column is missing, or is not as it should be; the message names it.
    """
    database = {"database": connection.database}
    comments = dict(connection.rows(_COMMENTS, database))
    columns: dict[str, dict[str, str]] = {}
    for table, name, kind in connection.rows(_COLUMNS, database):
        columns.setdefault(table, {})[name] = kind
    for table in tables():
        if table in comments:
            _check_table(connection.shown, table, comments[table], columns.get(table, {}))
        elif not may_be_missing:
            raise StoreFormatError(
                f"{connection.shown}: there is no table {table} in {connection.database}:"
                " it is not a store of tapeline, or not a whole one"
            )
    return frozenset(comments)


def _check_table(shown: str, table: str, comment: str, found: dict[str, str]) -> None:
    if comment != COMMENT:
        raise StoreFormatError(
            f"{shown}: the table {table} says {comment!r}, not {COMMENT!r}: it is not ours, or of"
            f" another format than {FORMAT}, the one this tapeline knows"
        )
    expected = columns_of(table)
    for name in sorted(expected.keys() | found.keys()):
        wanted = expected.get(name, "")
        if found.get(name) not in (wanted, EARLIER_TYPES.get(wanted, wanted)):
            raise StoreFormatError(
                f"{shown}: column {name} of {table} is {found.get(name, 'missing')}, not"
                f" {expected.get(name, 'there')}"
            )
