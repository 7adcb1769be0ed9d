"""Every event type as a table: what pyarrow and polars read, and the rows that `tail` prints."""

from decimal import Decimal
from typing import Any

import orjson
import polars as pl
import pyarrow as pa
import pytest

from tapeline.access.plain_rows import json_lines, rows_of
from tapeline.errors import ArgumentError, DecodeError
from tapeline.wire.native import decode
from tests.fixtures.wire.samples import (
    GOLDEN,
    funding_states,
    liquidation_states,
    orderbook,
    orderbook_states,
    trades,
    value_of,
)

DECIMAL = pa.decimal128(38, 18)
LEVELS = pa.list_(
    pa.field(
        "item",
        pa.struct(
            [
                pa.field("price", DECIMAL, nullable=False),
                pa.field("quantity", DECIMAL, nullable=False),
            ]
        ),
        nullable=False,
    )
)
INSTRUMENT = [(name, pa.string()) for name in ("exchange", "market", "symbol", "raw_symbol")]
IDENTITY = [*INSTRUMENT, ("event_id", pa.binary(16))]
REST = [
    ("timestamp_ns", pa.int64()),
    ("received_ns", pa.int64()),
    ("quality", pa.string()),
    ("issues", pa.list_(pa.field("item", pa.string(), nullable=False))),
]
COLUMNS = {
    "orderbook": [
        ("depth", pa.int32()),
        ("action", pa.string()),
        ("first_update_id", pa.int64()),
        ("last_update_id", pa.int64()),
        ("prev_update_id", pa.int64()),
        ("bids", LEVELS),
        ("asks", LEVELS),
        ("origin", pa.string()),
    ],
    "funding": [
        ("rate", DECIMAL),
        ("mark_price", DECIMAL),
        ("index_price", DECIMAL),
        ("interval_ns", pa.int64()),
        ("next_funding_ns", pa.int64()),
    ],
    "liquidation": [
        ("side", pa.string()),
        ("price", DECIMAL),
        ("average_price", DECIMAL),
        ("quantity", DECIMAL),
        ("status", pa.string()),
    ],
}


def printed(value: bytes) -> list[dict[str, Any]]:
    """What `tail --json` prints of a batch."""
    lines = json_lines(rows_of(pa.table(decode([value])))).splitlines()
    return [orjson.loads(line) for line in lines]


@pytest.mark.parametrize("event_type", COLUMNS)
def test_columns_have_the_documented_names_types_and_order(event_type: str) -> None:
    schema = decode([], event_type=event_type).to_arrow().schema
    expected = [*IDENTITY, *COLUMNS[event_type], *REST]
    assert [(field.name, field.type) for field in schema][:-1] == expected
    assert schema.field("metadata").type.key_type == pa.string()
    assert schema.names[-1] == "metadata"


@pytest.mark.parametrize("name", GOLDEN)
def test_polars_and_pyarrow_read_the_same(name: str) -> None:
    events = decode([value_of(GOLDEN[name]())] * 2)
    arrow = events.to_arrow()
    arrow.validate(full=True)
    frame = events.to_polars()
    assert frame.columns == arrow.column_names
    assert frame.height == arrow.num_rows == len(events)
    for column in set(arrow.column_names) - {"metadata"}:
        assert frame[column].to_list() == arrow[column].to_pylist()


def test_levels_can_be_exploded() -> None:
    frame = decode([value_of(orderbook_states())], event_type="orderbook").to_polars()
    best = frame.select(pl.col("bids").list.first().struct.field("price"), "origin")
    assert best.rows() == [(Decimal(10**19), "wire"), (None, "rest"), (Decimal(9), "book")]
    assert frame["asks"].list.len().to_list() == [1, 0, 3]


def test_tail_prints_levels_as_pairs_of_text() -> None:
    first, fetched, kept = printed(value_of(orderbook_states()))
    assert first["bids"] == [["10000000000000000000", "1180.591620717411303424"]]
    assert first["asks"] == [["-0.000000000000000001", "1"]]
    assert (first["depth"], first["timestamp_ns"]) == (1, None)
    assert (fetched["bids"], fetched["asks"], fetched["origin"]) == ([], [], "rest")
    assert fetched["prev_update_id"] == -1
    assert kept["bids"] == [["9", "0.5"], ["8", "0.5"], ["7", "0.5"]]
    assert kept["asks"] == [["8", "0.5"], ["9", "0.5"], ["10", "0.5"]]
    assert kept["issues"] == ["crossed_book", "checksum_mismatch"]
    assert kept["metadata"] == {"seq": "77", "published_ns": "1784634300123000000"}
    (delta,) = printed(value_of(orderbook()))
    assert delta["asks"] == [["61837.64", "0"]]
    assert list(delta) == [name for name, _ in [*IDENTITY, *COLUMNS["orderbook"], *REST]] + [
        "metadata"
    ]


def test_tail_prints_what_is_absent_as_null() -> None:
    nothing, full = printed(value_of(funding_states()))
    names = [name for name, _ in COLUMNS["funding"]]
    assert [nothing[name] for name in names] == [None] * 5
    assert [full[name] for name in names] == [
        "-0.00375",
        "61837.63",
        "1000000000000000000.1",
        3_600_000_000_000,
        1_784_634_300_123_000_000,
    ]
    order, least = printed(value_of(liquidation_states()))
    names = [name for name, _ in COLUMNS["liquidation"]]
    assert [order[name] for name in names] == [
        "buy",
        "61837.63",
        "61837",
        "10.000000000000000001",
        "PARTIALLY_FILLED",
    ]
    assert [least[name] for name in names] == [None, "0", None, "1", None]


def test_a_damaged_book_is_left_out_and_its_neighbours_stay() -> None:
    good = value_of(orderbook_states())
    kept = decode([good, good[:-9], good], event_type="orderbook", errors="collect")
    assert len(kept) == 6
    assert [index for index, _ in kept.rejected] == [1]
    assert kept.to_arrow().slice(0, 3).equals(kept.to_arrow().slice(3, 3))
    with pytest.raises(DecodeError, match=r"^value 1: "):
        decode([good, good[:-9]])


def test_types_are_told_apart() -> None:
    values = [value_of(made()) for made in (trades, orderbook, funding_states)]
    assert len(decode(values, event_type="funding")) == 2
    with pytest.raises(ArgumentError, match="of type trade and orderbook"):
        decode(values)
