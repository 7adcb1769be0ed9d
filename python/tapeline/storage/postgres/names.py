"""Instruments and their numbers: the tables ``exchange`` and ``symbol``."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

import asyncpg
import pyarrow as pa
import pyarrow.compute as pc

from tapeline.storage.postgres.tables import INSTRUMENT

Instrument: TypeAlias = tuple[str, str, str | None, str | None]
"""Exchange, market, symbol and the venue's spelling."""


class Ids(NamedTuple):
    """The numbers of an instrument."""

    exchange: int
    symbol: int


_ALL: Final = """
SELECT e.name, s.market, s.symbol, s.raw_symbol, s.exchange_id, s.symbol_id
FROM symbol s JOIN exchange e USING (exchange_id)"""
_ADD_EXCHANGES: Final = """
INSERT INTO exchange (name) SELECT DISTINCT n FROM unnest($1::text[]) AS n
WHERE n NOT IN (SELECT name FROM exchange) ON CONFLICT DO NOTHING"""
_ADD_SYMBOLS: Final = """
INSERT INTO symbol (exchange_id, market, symbol, raw_symbol)
SELECT e.exchange_id, n.market, n.symbol, n.raw_symbol
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
    AS n (exchange, market, symbol, raw_symbol)
JOIN exchange e ON e.name = n.exchange ON CONFLICT DO NOTHING"""


async def read_ids(connection: asyncpg.Connection) -> dict[Instrument, Ids]:
    """Return all instruments there are."""
    return {
        (row[0], row[1], row[2], row[3]): Ids(row[4], row[5])
        for row in await connection.fetch(_ALL)
    }


async def add_instruments(
    connection: asyncpg.Connection, missing: Iterable[Instrument]
) -> dict[Instrument, Ids]:
    """Give new instruments numbers, and return all there are."""
    columns = [list(column) for column in zip(*missing, strict=True)]
    await connection.execute(_ADD_EXCHANGES, columns[0])
    await connection.execute(_ADD_SYMBOLS, *columns)
    return await read_ids(connection)


class Instruments(NamedTuple):
    """The instruments of some rows."""

    names: Sequence[Instrument]
    places: pa.Array
    """int32: for each row its place in ``names``."""

    def ids(self, known: Mapping[Instrument, Ids]) -> tuple[pa.Array, pa.Array]:
        """Return exchange and symbol numbers of each row."""
        ids = [known[name] for name in self.names]
        exchanges = pa.array([each.exchange for each in ids], pa.int16())
        symbols = pa.array([each.symbol for each in ids], pa.int32())
        return exchanges.take(self.places), symbols.take(self.places)


def instruments_of(table: pa.Table) -> Instruments:
    """Tell the rows' instruments apart; the name columns are strings or dictionaries."""
    encoded = [encoded_texts(table[name]) for name in INSTRUMENT]
    # One number stands for the four: each column is a digit with its own base, null the highest.
    combined = _digits(encoded[0])
    for column in encoded[1:]:
        base = len(column.dictionary) + 1
        combined = pc.add_checked(pc.multiply_checked(combined, base), _digits(column))
    found = pc.dictionary_encode(combined)
    names = [_names(number, encoded) for number in found.dictionary.to_pylist()]
    return Instruments(names, found.indices)


def encoded_texts(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Return a column of texts, dictionary-encoded or not, as one dictionary-encoded array."""
    if pa.types.is_dictionary(column.type):
        return column.unify_dictionaries().combine_chunks()
    return pc.dictionary_encode(column.combine_chunks())


def _digits(column: pa.DictionaryArray) -> pa.Array:
    return pc.fill_null(column.indices.cast(pa.int64()), len(column.dictionary))


def _names(number: int, encoded: Sequence[pa.DictionaryArray]) -> Instrument:
    texts: list[str | None] = []
    for column in reversed(encoded):
        number, place = divmod(number, len(column.dictionary) + 1)
        is_text = place < len(column.dictionary)
        texts.append(column.dictionary[place].as_py() if is_text else None)
    exchange, market, symbol, raw_symbol = reversed(texts)
    return exchange or "", market or "", symbol, raw_symbol
