"""What is known of live streams: counts, and how long ago something was sent."""

from tapeline.apps.batch_reader import BatchReader
from tapeline.apps.bus_message import BusMessage
from tapeline.apps.live_streams import LiveStreams
from tests.python.storing import make_messages

SECOND = 1_000_000_000


def test_a_stream_is_as_old_as_its_newest_batch_was_when_it_was_read() -> None:
    messages = [
        BusMessage(topic, 0, offset, key, value)
        for offset, (topic, key, value) in enumerate(make_messages(90))
    ]
    batches = BatchReader().batches(messages)
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
