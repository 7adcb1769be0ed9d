"""What is known of live streams: counts, rates, lags, and how long ago something was sent."""

import pytest

from tapeline.api.ports import LagFact, StageFact
from tapeline.apps.batch_reader import Batch, BatchReader
from tapeline.apps.live_stages import MinuteRate, Sample, Samples, lag_of
from tapeline.apps.live_streams import LiveStreams, stages_of
from tapeline.storage.ports import Message
from tapeline.wire.native import decode
from tests.python.storing import make_messages

SECOND = 1_000_000_000


def read(frames: int) -> list[Batch]:
    messages = [
        Message(topic, 0, offset, key, value)
        for offset, (topic, key, value) in enumerate(make_messages(frames))
    ]
    return BatchReader().batches(messages)


def test_a_stream_is_as_old_as_its_newest_batch_was_when_it_was_read() -> None:
    batches = read(90)
    newest_ns = max(each.info.sent_ns for each in batches)
    streams = LiveStreams()
    # An hour after it was sent, it is read back.
    streams.note(batches, 5 * SECOND, newest_ns + 3_600 * SECOND)
    assert sum(seen.rows for _, seen in streams.read()) == sum(each.event_count for each in batches)
    for _, seen in streams.read():
        assert 5 * SECOND - seen.seen_ns == newest_ns - seen.last_sent_ns + 3_600 * SECOND
    # A sender whose clock is ahead sent nothing in the future.
    streams.note(batches, 7 * SECOND, newest_ns - 10 * SECOND)
    assert max(seen.seen_ns for _, seen in streams.read()) == 7 * SECOND


def test_a_rate_is_that_of_the_whole_seconds_of_the_last_minute() -> None:
    rate = MinuteRate()
    assert rate.per_s(0) is None
    rate.add(100 * SECOND, 6)
    assert rate.per_s(100 * SECOND + 1) is None
    assert rate.per_s(102 * SECOND) == 3.0
    for second in range(101, 400):
        rate.add(second * SECOND + second, 10)
    # What is sent in this very second does not count yet.
    rate.add(400 * SECOND, 1_000)
    assert rate.per_s(400 * SECOND + 5) == 10.0
    # What was sent earlier counts where it belongs, also when it is read later.
    rate.add(399 * SECOND, 60)
    assert rate.per_s(400 * SECOND + 5) == 11.0
    assert rate.per_s(430 * SECOND) == pytest.approx((29 * 10 + 10 + 60 + 1_000) / 60)
    assert rate.per_s(461 * SECOND) == 0.0


def test_lags_are_the_ranks_of_what_was_sampled() -> None:
    assert lag_of([None, None]) is None
    assert lag_of([7]) == LagFact(1, 7, 7, 7)
    assert lag_of([*range(100, 0, -1), None]) == LagFact(100, 50, 100, 100)
    assert lag_of([-5, 5]) == LagFact(2, -5, 5, 5)


def test_samples_are_of_the_last_minute_and_one_a_second() -> None:
    samples = Samples()
    for second in range(200):
        assert samples.is_due(second * SECOND)
        samples.add(Sample(second * SECOND, 1, 2, 3))
        assert not samples.is_due(second * SECOND + SECOND - 1)
    assert len(samples.of_minute(200 * SECOND)) == 60
    assert len(samples.of_minute(250 * SECOND)) == 10
    assert samples.of_minute(500 * SECOND) == []


def test_the_stages_of_a_stream_add_up_to_its_way() -> None:
    batches = read(90)
    newest_ns = max(each.info.sent_ns for each in batches)
    streams = LiveStreams()
    # The first reading is what lay there: it was sent before anybody began to read.
    streams.note(batches, 5 * SECOND, newest_ns + 1)
    assert all(not seen.samples.of_minute(5 * SECOND) for _, seen in streams.read())

    streams = LiveStreams()
    begun_ns = min(each.info.sent_ns for each in batches)
    streams.note([], 4 * SECOND, begun_ns)
    streams.note(batches, 5 * SECOND, newest_ns + 2 * SECOND)
    first = {(each.event_type, each.info.symbol): each for each in reversed(batches)}
    sampled = 0
    for (_, _, symbol, event_type), seen in streams.read():
        for sample in seen.samples.of_minute(5 * SECOND):
            rows = decode([first[event_type, symbol].value], event_type=event_type).to_arrow()
            newest = rows.slice(rows.num_rows - 1).to_pylist()[0]
            way_ns = newest_ns + 2 * SECOND - newest["received_ns"]
            assert sample.sent_ns + sample.read_ns == way_ns
            venue_ns = newest["timestamp_ns"]
            received_ns = None if venue_ns is None else newest["received_ns"] - venue_ns
            assert sample.received_ns == received_ns
            sampled += 1
    assert sampled >= 3

    streams.note_served(5 * SECOND, 9)
    stages = streams.stages(6 * SECOND)
    assert [each.name for each in stages] == ["received", "sent", "read", "served"]
    assert all(each.lag is not None for each in stages)
    assert stages[3] == StageFact("served", LagFact(1, 9, 9, 9))
    assert all(each.lag is None for each in streams.stages(90 * SECOND))


def test_a_stage_without_samples_says_so() -> None:
    stages = stages_of([Sample(1, None, 2, 3)])
    assert stages[0] == StageFact("received", None)
    assert stages[2] == StageFact("read", LagFact(1, 3, 3, 3))
