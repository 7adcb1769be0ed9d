"""A byte that a disk has changed: an error that names the file, and never other rows."""

import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tapeline.access.opening import open_reader
from tapeline.access.ports import Query
from tapeline.errors import StoreFormatError
from tapeline.storage.archive.place import LocalPlace
from tapeline.storage.parquet.compaction import Compactor
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.sealing import range_of
from tapeline.storage.schema import LOG_OFFSET
from tapeline.storage.targets import parse_target
from tests.python.archiving import (
    DAY_NS,
    JANUARY_NS,
    MINUTE_NS,
    SetClock,
    book,
    coverage,
    funding,
    trade,
    write,
)
from tests.python.contract.test_archive import archive

TYPES = ("trade", "orderbook", "funding", "coverage")
TRIES = 150
WITHOUT_CHECKSUMS = Path(__file__).parents[2] / "fixtures" / "stores" / "without_checksums"
"""A store that the last version wrote whose files had no checksums."""


def rows() -> dict[str, Sequence[dict[str, Any]]]:
    times = [JANUARY_NS + number * MINUTE_NS for number in range(40)]
    return {
        "trade": [
            trade(
                number,
                time_ns,
                symbol=("A/B", "C/D")[number % 2],
                price=f"{number % 5}.5",
                quantity=f"{number * 7919}.{number:018d}",
                side=("buy", None)[number % 7 == 0],
            )
            for number, time_ns in enumerate(times)
        ],
        "orderbook": [
            book(number, time_ns, price=f"{number}.25") for number, time_ns in enumerate(times)
        ],
        "funding": [funding(number, time_ns) for number, time_ns in enumerate(times)],
        "coverage": [
            coverage(number, time_ns, time_ns + 5) for number, time_ns in enumerate(times)
        ],
    }


def live(folder: Path) -> Path:
    write(folder, rows())
    return folder


def compacted(folder: Path) -> Path:
    whole = rows()
    write(folder, *({kind: some[begin::4] for kind, some in whole.items()} for begin in range(4)))
    Compactor(LocalFolder(folder), clock=SetClock(JANUARY_NS + 9 * DAY_NS)).run()
    for path in folder.rglob("*.parquet.old"):
        path.unlink()
    return folder


def archived(folder: Path) -> Path:
    archive(live(folder / "store"), folder / "out")
    return folder / "out"


def answer(root: Path, event_type: str) -> list[dict[str, Any]]:
    reader = open_reader(parse_target(f"parquet:{root}"))
    return [row for batch in reader.read(event_type, Query()) for row in batch.to_pylist()]


def answer_or_error(root: Path, event_type: str) -> list[dict[str, Any]] | str:
    try:
        return answer(root, event_type)
    except StoreFormatError as error:
        return str(error)


@pytest.mark.parametrize("make", [live, compacted, archived])
def test_a_changed_byte_is_an_error_that_names_the_file_or_changes_nothing(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    root = make(tmp_path)
    chance = random.Random(5)
    for event_type in TYPES:
        (path,) = root.rglob(f"{event_type}*.parquet")
        whole, expected = path.read_bytes(), answer(root, event_type)
        assert len(expected) == 40
        errors = 0
        for place in chance.sample(range(len(whole)), TRIES):
            path.write_bytes(changed(whole, place, chance))
            found = answer_or_error(root, event_type)
            if isinstance(found, str):
                assert f"{path.name} is damaged" in found
                errors += 1
            else:
                assert found == expected, (event_type, place)
        # All but the marks at the beginning and before the footer.
        assert errors >= TRIES - 6
        path.write_bytes(whole)


def changed(whole: bytes, place: int, chance: random.Random) -> bytes:
    return whole[:place] + bytes([whole[place] ^ 1 << chance.randrange(8)]) + whole[place + 1 :]


def test_a_changed_price_that_is_not_packed_is_found_out(tmp_path: Path) -> None:
    """Without a checksum it is another price: nothing else in the file says so."""
    prices = [97, 38_620_583_911_470_922_917, 10**37 + 3]
    rows = [
        trade(number, JANUARY_NS + number, price=f"{Decimal(price).scaleb(-18):f}")
        for number, price in enumerate(prices)
    ]
    write(tmp_path, {"trade": rows})
    (path,) = tmp_path.rglob("trade*.parquet")
    whole = path.read_bytes()
    price = prices[1].to_bytes(16, "big")
    assert whole.count(price) == 1
    path.write_bytes(whole.replace(price, bytes([*price[:-1], price[-1] ^ 1])))
    with pytest.raises(StoreFormatError, match=rf"{path.name} is damaged .*restore it from a copy"):
        answer(tmp_path, "trade")


def test_files_have_checksums_that_other_readers_know(tmp_path: Path) -> None:
    for make in (live, compacted, archived):
        for path in make(tmp_path / make.__name__).rglob("*.parquet"):
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                assert file.read().num_rows == 40 or "klines" in path.name
            whole = path.read_bytes()
            group = pq.read_metadata(path).row_group(0)
            chunks = [group.column(place) for place in range(group.num_columns)]
            # The last byte of a page.
            _, behind = range_of(max(chunks, key=lambda chunk: chunk.total_compressed_size))
            path.write_bytes(changed(whole, behind - 1, random.Random(1)))
            with (
                pq.ParquetFile(path, page_checksum_verification=True) as file,
                pytest.raises(OSError, match="CRC checksum verification failed"),
            ):
                file.read()


@pytest.mark.parametrize("kind", ["store", "archive"])
def test_files_of_earlier_versions_without_checksums_are_read(kind: str) -> None:
    for event_type, some in rows().items():
        found = answer(WITHOUT_CHECKSUMS / kind, event_type)
        assert [row[LOG_OFFSET] for row in found] == [row[LOG_OFFSET] for row in some]
        names = {"price", "quantity", "rate", "timestamp_ns", "start_ns", "bids"}
        for name in names & set(found[0]):
            assert [row[name] for row in found] == [row[name] for row in some]


def test_an_earlier_archive_is_brought_up_to_date(tmp_path: Path) -> None:
    place = LocalPlace(tmp_path / "out")
    for path in (WITHOUT_CHECKSUMS / "archive").rglob("*"):
        if path.is_file():
            name = str(path.relative_to(WITHOUT_CHECKSUMS / "archive"))
            place.folder.put(name, path.read_bytes())
    write(tmp_path / "store", {"trade": [trade(99, JANUARY_NS + 1)]})
    archive(tmp_path / "store", tmp_path / "out", again=("2024-01",))
    found = [row[LOG_OFFSET] for row in answer(tmp_path / "out", "trade")]
    assert sorted(found) == [*range(40), 99]
