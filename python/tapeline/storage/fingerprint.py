"""What rows are, whatever their order: to prove that a copy has every row of its source."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa

if TYPE_CHECKING:
    import polars as pl

_MASK: Final = 2**64 - 1
_SEEDS: Final = (0x7461_7065, 0x6C69_6E65)


@dataclass(slots=True)
class Fingerprint:
    """A count and two sums of 64-bit hashes over rows, all columns of them.

    Equal rows have equal fingerprints in any order and any division into tables. Decimals count
    with all their digits, lists and maps with their order. It is good within one process only:
    hashes of another version may differ.
    """

    rows: int = 0
    first: int = 0
    second: int = 0

    def add(self, schema: pa.Schema, table: pa.Table) -> None:
        """Count rows, after a cast to ``schema``: dictionaries of texts count as texts."""
        if not table.num_rows:
            return
        import polars as pl

        frame = pl.from_arrow(table if table.schema.equals(schema) else table.cast(schema))
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table never becomes a series
        self.rows += table.num_rows
        self.first = self.first + _sum(frame, _SEEDS[0]) & _MASK
        self.second = self.second + _sum(frame, _SEEDS[1]) & _MASK


def _sum(frame: "pl.DataFrame", seed: int) -> int:
    hashes = frame.hash_rows(seed)
    # In halves: a sum of whole hashes would not fit 64 bits.
    low, high = hashes & 0xFFFF_FFFF, hashes // 2**32
    return (int(low.sum()) + (int(high.sum()) << 32)) & _MASK
