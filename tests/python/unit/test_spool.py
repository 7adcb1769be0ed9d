"""The spool keeps the order of a topic, whatever comes back to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tapeline.transport.local_file import StoredMessage
from tapeline.transport.ports import Message
from tapeline.transport.spool import Spool

TOPIC = "trade.x.spot.btcusdt"


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    made = Spool(tmp_path / "spool.db")
    yield made
    made.close()


def messages(*numbers: int) -> list[Message]:
    return [(TOPIC, b"btcusdt", b"%d" % number) for number in numbers]


def taken(spool: Spool, limit: int = 100) -> list[StoredMessage]:
    return spool.take(limit, 1 << 20, lambda _: True)


def numbers(rows: list[StoredMessage]) -> list[int]:
    return [int(row.value) for row in rows]


def test_what_was_taken_and_what_went_around_come_back_in_their_order(spool: Spool) -> None:
    spool.add(messages(0, 1))
    first = taken(spool)
    # 0 and 1 are on the way, 2 and 3 went behind them without the spool, 4 waits; all fail.
    spool.add(messages(4))
    around = messages(2, 3)
    spool.take_back(
        [*((row.sequence, row.message) for row in first), *((None, each) for each in around)]
    )
    assert len(spool) == 5
    assert numbers(taken(spool)) == [0, 1, 2, 3, 4]


def test_what_was_taken_alone_comes_back_to_its_place(spool: Spool) -> None:
    spool.add(messages(0, 1, 2))
    first = taken(spool, 2)
    spool.take_back([(row.sequence, row.message) for row in first])
    assert numbers(taken(spool)) == [0, 1, 2]


def test_what_came_back_and_arrived_is_gone_for_the_next_run(spool: Spool, tmp_path: Path) -> None:
    spool.add(messages(0))
    (row,) = taken(spool)
    spool.take_back([(row.sequence, row.message), (None, messages(1)[0])])
    rows = taken(spool)
    spool.done([rows[0].sequence])
    spool.close()
    again = Spool(tmp_path / "spool.db")
    assert again.recovered == 1
    assert numbers(taken(again)) == [1]
    again.close()
