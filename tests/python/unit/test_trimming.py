"""A local transport file gives up what every store has, and nothing else."""

from pathlib import Path

import pytest

from tapeline.apps.settings import StoreSettings
from tapeline.apps.store import store
from tapeline.errors import SettingsError
from tapeline.storage.consumer.trimming import Trimming
from tapeline.telemetry.clock import SystemClock
from tapeline.transport.local_file import LocalFile
from tests.python.storing import make_messages, stored

TOPICS = ("trade.binance.spot.a", "trade.binance.spot.b")


def filled(path: Path, count: int) -> LocalFile:
    file = LocalFile(path)
    file.append([(TOPICS[i % 2], b"k", b"%d" % i) for i in range(count)])
    return file


def test_messages_go_while_the_writer_goes_on_and_offsets_never_come_again(tmp_path: Path) -> None:
    writer = filled(tmp_path / "bus.db", 10_000)
    trimmer = LocalFile(tmp_path / "bus.db", mode="trim")
    assert trimmer.trim({TOPICS[0]: 4_900, TOPICS[1]: 5_000, "trade.binance.spot.c": 7}) == 9_900
    assert trimmer.trim({TOPICS[0]: 4_900}) == 0
    assert writer.counts() == {TOPICS[0]: 100, TOPICS[1]: 0}
    writer.append([(topic, b"k", b"more") for topic in TOPICS])
    found = trimmer.read(-(2**63), 1_000)
    assert [row.offset for row in found if row.topic == TOPICS[0]] == [*range(4_900, 5_001)]
    assert [row.offset for row in found if row.topic == TOPICS[1]] == [5_000]
    trimmer.trim(dict.fromkeys(TOPICS, 5001))
    trimmer.close()
    writer.close()
    # Nothing is left to tell the numbers from but what was written down.
    again = LocalFile(tmp_path / "bus.db")
    again.append([(TOPICS[1], b"k", b"last")])
    assert [row.offset for row in again.read(-(2**63), 10)] == [5_001]
    assert again.following() == {TOPICS[0]: 5_001, TOPICS[1]: 5_002}
    again.close()


def test_the_slowest_store_says_what_may_go(tmp_path: Path) -> None:
    file = filled(tmp_path / "bus.db", 20)
    trimming = Trimming(tmp_path / "bus.db", ["one", "other"], SystemClock())
    trimming.stored("one", {(TOPICS[0], 0): 10, (TOPICS[1], 0): 10})
    trimming.finish()
    assert file.counts() == dict.fromkeys(TOPICS, 10)
    trimming.stored("other", {(TOPICS[0], 0): 3})
    trimming.finish()
    assert file.counts() == {TOPICS[0]: 7, TOPICS[1]: 10}
    assert trimming.removed == 3
    file.close()


def settings(tmp_path: Path, **more: object) -> StoreSettings:
    return StoreSettings.model_validate(
        {
            "transport": f"local:{tmp_path / 'bus.db'}",
            "targets": (f"parquet:{tmp_path / 'store'}",),
            "idle_s": 0.3,
            "flush_interval_s": 0.05,
            "trim": True,
            **more,
        }
    )


def send(tmp_path: Path, first_id: int, trades: int = 300) -> None:
    file = LocalFile(tmp_path / "bus.db")
    file.append(make_messages(trades, producer=f"p{first_id}", first_id=first_id))
    file.close()


def test_a_store_goes_on_where_a_trimmed_file_ends(tmp_path: Path) -> None:
    for first_id in (1, 101, 201):
        send(tmp_path, first_id)
        assert store(settings(tmp_path), is_quiet=True).residual == 0
        file = LocalFile(tmp_path / "bus.db", mode="read")
        assert sum(file.counts().values()) == 0
        file.close()
    trades = stored(tmp_path / "store")
    assert trades.num_rows == len(set(trades["event_id"].to_pylist())) == 900


def test_a_file_younger_than_the_store_is_read_from_its_beginning(tmp_path: Path) -> None:
    send(tmp_path, 1)
    store(settings(tmp_path), is_quiet=True)
    for path in tmp_path.glob("bus.db*"):
        path.unlink()
    send(tmp_path, 101, trades=120)
    assert store(settings(tmp_path), is_quiet=True).residual == 0
    assert stored(tmp_path / "store").num_rows == 420
    # And it does so once.
    store(settings(tmp_path), is_quiet=True)
    assert stored(tmp_path / "store").num_rows == 420


def test_only_a_local_file_is_trimmed(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="retention"):
        store(settings(tmp_path, transport="kafka://127.0.0.1:9"), is_quiet=True)
