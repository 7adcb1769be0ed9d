"""The statements that read rows: all of a slice of time, in the order of an answer."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from tapeline.storage.postgres.names import Ids, Instrument
from tapeline.storage.postgres.tables import Column, tables_of
from tapeline.storage.schema import LOG_INDEX, LOG_OFFSET, TIME_COLUMNS

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Span(NamedTuple):
    """A half-open span of time in Unix UTC nanoseconds; None is without a limit."""

    start_ns: int | None
    end_ns: int | None


class Choice(NamedTuple):
    """Which instruments, and their order in an answer."""

    symbol_ids: Sequence[int] | None
    """None is all of them."""
    ranks: Mapping[int, int]
    """Place of each instrument in the order of exchange, market and raw symbol."""


def choice_of(
    known: Mapping[Instrument, Ids],
    symbols: Sequence[str] | None,
    exchange: str | None,
    market: str | None,
) -> Choice:
    """Choose instruments by name; None is any."""
    found = {
        names: ids.symbol
        for names, ids in known.items()
        if (exchange is None or names[0] == exchange)
        and (market is None or names[1] == market)
        and (symbols is None or names[2] in symbols or names[3] in symbols)
    }
    keys = {names: (*names[:2], names[3] or "") for names in found}
    places = {key: place for place, key in enumerate(sorted(set(keys.values())))}
    ranks = {symbol_id: places[keys[names]] for names, symbol_id in found.items()}
    is_all = symbols is None and exchange is None and market is None
    return Choice(None if is_all else sorted(ranks), ranks)


def select(
    schema: str, event_type: str, columns: Sequence[Column], choice: Choice, span: Span | None
) -> str:
    """Return the statement that reads a slice.

    Parameters
    ----------
    span
        None reads the rows without any time.
    """
    key = f"coalesce({', '.join(TIME_COLUMNS[event_type])})"
    where = [*_conditions(key, span)]
    if choice.symbol_ids is not None:
        where.append(f"symbol_id IN ({', '.join(map(str, choice.symbol_ids))})")
    condition = " AND ".join(where)
    # What the rows are ordered by is read beside what was asked for.
    names = list(dict.fromkeys([*(column.name for column in columns), *_order_columns(event_type)]))
    inner = " UNION ALL ".join(
        f'SELECT {_quoted(names)} FROM "{schema}"."{table}" WHERE {condition}'  # noqa: S608
        for table in tables_of(event_type)
    )
    order = f"{key}, {_rank(choice)}, {LOG_OFFSET}, {LOG_INDEX}"
    wanted = _quoted([column.name for column in columns])
    return f"SELECT {wanted} FROM ({inner}) r ORDER BY {order}"  # noqa: S608


def kinds_of_first_day(schema: str, event_type: str) -> str:
    """Return the statement that says whether rows of 1970-01-01 have a time: yes, no or both."""
    has_time = f"coalesce({', '.join(TIME_COLUMNS[event_type])}) IS NOT NULL"
    end = _instant(86_400_000_000_000)
    return " UNION ".join(
        f'SELECT DISTINCT {has_time} FROM "{schema}"."{table}"'  # noqa: S608
        f" WHERE time >= '{_instant(0)}' AND time < '{end}'"
        for table in tables_of(event_type)
    )


def _order_columns(event_type: str) -> list[str]:
    return [*TIME_COLUMNS[event_type], "symbol_id", LOG_OFFSET, LOG_INDEX]


def _conditions(key: str, span: Span | None) -> list[str]:
    """Return conditions on the exact time, and on ``time``, by which whole days are left out."""
    if span is None:
        return [f"{key} IS NULL", f"time = '{_instant(0)}'"]
    found = [f"{key} IS NOT NULL"]
    if span.start_ns is not None:
        found += [f"{key} >= {span.start_ns}", f"time >= '{_instant(span.start_ns)}'"]
    if span.end_ns is not None:
        found += [f"{key} < {span.end_ns}", f"time <= '{_instant(span.end_ns)}'"]
    return found


def _instant(unix_ns: int) -> str:
    """Write a time in microseconds, rounded down as the column is."""
    return (_EPOCH + timedelta(microseconds=unix_ns // 1000)).isoformat(" ")


def _rank(choice: Choice) -> str:
    """Return an expression for the place of a row's instrument."""
    if len(choice.ranks) <= 1:
        return "0::integer"
    places = [choice.ranks.get(number, 0) for number in range(1, max(choice.ranks) + 1)]
    return f"('{{{','.join(map(str, places))}}}'::integer[])[symbol_id]"


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
