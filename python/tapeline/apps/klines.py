"""Klines from trades: exact, a minute each, and coarser ones from those."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from tapeline.access.ports import Query, Reader
from tapeline.storage.archive.klines import KLINE_SCHEMA, MINUTE_NS, ORDER
from tapeline.storage.schema import BUS_CHANNEL

_NAMES: Final = ("exchange", "market", "symbol", "raw_symbol")
_WIDE: Final = pa.decimal256(37, 18)
_EXACT: Final = pa.decimal128(38, 18)
_SUMS: Final = pa.decimal256(57, 18)
_FACTOR_LIMIT: Final = pa.scalar(Decimal(10) ** 19, _EXACT)
"""Larger numbers have 38 digits, and no type has room for the product of two of these."""
_NOTIONAL_LIMIT: Final = pa.scalar(Decimal(10) ** 20, pa.decimal256(75, 36))
_COLUMNS: Final = (*_NAMES, "side", "price", "quantity", "timestamp_ns")
_GAPS: Final = frozenset({"gap_opened", "sequence_reset"})
_INTERVALS: Final = {"s": 10**9, "m": MINUTE_NS, "h": 60 * MINUTE_NS, "d": 1440 * MINUTE_NS}


def minute_klines(trades: Iterable[pa.Table], gaps: Sequence[dict[str, Any]]) -> Iterator[pa.Table]:
    """Make klines of one minute from trades in the order of an answer.

    Parameters
    ----------
    gaps
        Coverage statements as :func:`gaps_of` gives them.

    Yields
    ------
    pyarrow.Table
        Columns of KLINE_SCHEMA, in order, no minute twice.
    """
    held = None
    for table in trades:
        some = table.select(_COLUMNS)
        held = some if held is None else pa.concat_tables([held, some])
        # The last minute may go on.
        last = held["timestamp_ns"][-1].as_py() // MINUTE_NS * MINUTE_NS if held.num_rows else 0
        is_over = pc.less(held["timestamp_ns"], last)
        if pc.any(is_over).as_py():
            yield _klines(held.filter(is_over), gaps)
            held = held.filter(pc.invert(is_over))
    if held is not None and held.num_rows:
        yield _klines(held, gaps)


def coarser(klines: pa.Table, interval_ns: int) -> pa.Table:
    """Aggregate klines of a minute into longer ones, exactly.

    Parameters
    ----------
    klines
        In order of ``start_ns``.
    interval_ns
        A multiple of a minute; intervals begin at multiples of it since 1970.

    Returns
    -------
    pyarrow.Table
        ``gaps`` is the sum over the minutes: a gap that touches two counts twice, 0 is complete.
    """
    starts = _floor(klines["start_ns"], interval_ns)
    table = klines.set_column(
        klines.schema.get_field_index("start_ns"), KLINE_SCHEMA.field("start_ns"), starts
    )
    sums = ("volume", "notional", "trades", "taker_buy_volume", "gaps")
    table = table.append_column("row", pa.array(range(table.num_rows), pa.int64()))
    for name in ("volume", "notional", "taker_buy_volume"):
        # A sum of their own type would wrap around.
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].cast(_SUMS))
    found = table.group_by([*_NAMES, "start_ns"], use_threads=False).aggregate(
        [
            ("row", "min"),
            ("row", "max"),
            ("high", "max"),
            ("low", "min"),
            # Where one is not known exactly, the sum is not.
            *((name, "sum", pc.ScalarAggregateOptions(skip_nulls=False)) for name in sums),
        ]
    )
    columns = {name: found[name] for name in (*_NAMES, "start_ns")}
    columns |= {"interval_ns": pa.repeat(pa.scalar(interval_ns, pa.int64()), found.num_rows)}
    columns |= {"high": found["high_max"], "low": found["low_min"]}
    columns["open"] = table["open"].take(found["row_min"])
    columns["close"] = table["close"].take(found["row_max"])
    columns |= {name: found[f"{name}_sum"] for name in ("trades", "gaps")}
    columns |= {name: _exact(found[f"{name}_sum"]) for name in sums if name not in columns}
    return _in_order(columns)


def interval_of(text: str) -> int:
    """Return the nanoseconds of ``1m``, ``15m``, ``4h`` or ``1d``.

    Raises
    ------
    ValueError
        It is none, or no multiple of a minute.
    """
    number, unit = text[:-1], text[-1:]
    if unit not in _INTERVALS or not number.isascii() or not number.isdigit():
        raise ValueError(f"an interval is a number and m, h or d, was {text!r}")
    interval_ns = int(number) * _INTERVALS[unit]
    if not interval_ns or interval_ns % MINUTE_NS:
        raise ValueError(f"an interval is a multiple of a minute, was {text!r}")
    return interval_ns


def gaps_of(reader: Reader, start_ns: int, end_ns: int) -> list[dict[str, Any]]:
    """Return statements that trades are missing, which touch a stretch of time.

    One whose ids another statement says were filled is left out.
    """
    columns = ("exchange", "market", "raw_symbol", "channel", "kind", "first_id", "last_id")
    opened: list[dict[str, Any]] = []
    filled: dict[tuple[Any, ...], list[tuple[int, int]]] = {}
    for batch in reader.read(
        "coverage", Query(end_ns=end_ns), [*columns, "start_ns", "end_ns", "received_ns"]
    ):
        for row in batch.to_pylist():
            if "trade" not in row["channel"].lower():
                continue
            key = (row["exchange"], row["market"], row["raw_symbol"])
            if row["kind"] == "gap_filled" and row["first_id"] is not None:
                filled.setdefault(key, []).append((row["first_id"], row["last_id"]))
            elif row["kind"] in _GAPS and _last(row) >= start_ns:
                opened.append(row)
    return [row for row in opened if not _is_filled(row, filled)]


def _is_filled(row: dict[str, Any], filled: dict[tuple[Any, ...], list[tuple[int, int]]]) -> bool:
    ranges = filled.get((row["exchange"], row["market"], row["raw_symbol"]), [])
    first, last = row["first_id"], row["last_id"]
    # What is said of the bus has offsets, which the venue's ids do not fill.
    if first is None or last is None or row["channel"].startswith(BUS_CHANNEL):
        return False
    return any(begin <= first and last <= end for begin, end in ranges)


def _first(row: dict[str, Any]) -> int:
    found = (row["start_ns"], row["end_ns"], row["received_ns"])
    return next((time for time in found if time is not None), 0)


def _last(row: dict[str, Any]) -> int:
    found = (row["end_ns"], row["start_ns"], row["received_ns"])
    return next((time for time in found if time is not None), 0)


def _klines(trades: pa.Table, gaps: Sequence[dict[str, Any]]) -> pa.Table:
    price, quantity = trades["price"], trades["quantity"]
    none = pa.scalar(0, _EXACT)
    table = pa.table(
        {name: trades[name] for name in _NAMES}
        | {
            "start_ns": _floor(trades["timestamp_ns"], MINUTE_NS),
            "price": price,
            "row": pa.array(range(trades.num_rows), pa.int64()),
            "quantity": quantity.cast(_SUMS),
            "bought": pc.if_else(
                pc.fill_null(pc.equal(trades["side"], "buy"), fill_value=False), quantity, none
            ).cast(_SUMS),
            "notional": _product(price, quantity),
        }
    )
    found = table.group_by([*_NAMES, "start_ns"], use_threads=False).aggregate(
        [
            ("row", "min"),
            ("row", "max"),
            ("price", "max"),
            ("price", "min"),
            ("quantity", "sum"),
            ("bought", "sum"),
            ("notional", "sum", pc.ScalarAggregateOptions(skip_nulls=False)),
            ("price", "count"),
        ]
    )
    columns = {name: found[name] for name in (*_NAMES, "start_ns")}
    columns |= {
        "interval_ns": pa.repeat(pa.scalar(MINUTE_NS, pa.int64()), found.num_rows),
        "open": price.take(found["row_min"]),
        "high": found["price_max"],
        "low": found["price_min"],
        "close": price.take(found["row_max"]),
        "volume": _exact(found["quantity_sum"]),
        "notional": _exact(found["notional_sum"]),
        "trades": found["price_count"],
        "taker_buy_volume": _exact(found["bought_sum"]),
        "gaps": pa.array(_gap_counts(found, gaps), pa.int64()),
    }
    return _in_order(columns)


def _product(price: pa.ChunkedArray, quantity: pa.ChunkedArray) -> pa.ChunkedArray:
    """Multiply exactly; null where the product, and with it any sum, has no room in a kline."""
    factors = []
    for column in (price, quantity):
        has_room = pc.less(pc.abs(column), _FACTOR_LIMIT)
        factors.append(pc.if_else(has_room, column, pa.scalar(None, _EXACT)).cast(_WIDE))
    product = pc.multiply(*factors)
    return pc.if_else(
        pc.less(pc.abs(product), _NOTIONAL_LIMIT), product, pa.scalar(None, product.type)
    )


def _exact(sums: pa.ChunkedArray) -> pa.Array:
    """Give 18 decimal places and 38 digits to what needs no more; null to the rest."""
    try:
        return sums.cast(_EXACT)
    except pa.ArrowInvalid:
        values = []
        for value in sums:
            try:
                values.append(value.cast(_EXACT).as_py())
            except pa.ArrowInvalid:
                values.append(None)
        return pa.array(values, _EXACT)


def _gap_counts(klines: pa.Table, gaps: Sequence[dict[str, Any]]) -> list[int]:
    counts = [0] * klines.num_rows
    if not gaps:
        return counts
    names = zip(*(klines[name].to_pylist() for name in _NAMES), strict=True)
    starts = klines["start_ns"].to_pylist()
    for place, ((exchange, market, _, raw_symbol), start_ns) in enumerate(
        zip(names, starts, strict=True)
    ):
        counts[place] = sum(
            (row["exchange"], row["market"], row["raw_symbol"]) == (exchange, market, raw_symbol)
            and _first(row) < start_ns + MINUTE_NS
            and _last(row) >= start_ns
            for row in gaps
        )
    return counts


def _floor(times: pa.ChunkedArray, interval_ns: int) -> pa.ChunkedArray:
    # Integer division cuts towards zero; times before 1970 are not traded.
    return pc.multiply(pc.divide(times, interval_ns), interval_ns)


def _in_order(columns: dict[str, Any]) -> pa.Table:
    table = pa.table({name: columns[name] for name in KLINE_SCHEMA.names}).cast(KLINE_SCHEMA)
    return table.sort_by([(name, "ascending") for name in ORDER])
