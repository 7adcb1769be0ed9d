"""What is known of a NATS stream while it is read."""

from typing import Any

import pytest

from tapeline.storage.consumer.nats_message import place_of
from tapeline.storage.consumer.nats_pulling import Pulling

SECOND = 1_000_000_000


def said(last: int, created: str = "2026-01-05T12:00:00Z") -> dict[str, Any]:
    return {"created": created, "state": {"first_seq": 1, "last_seq": last}}


def given(pulling: Pulling, sequences: range) -> None:
    for each in sequences:
        reply = f"$JS.ACK.stream.consumer.1.{each}.{each}.0.0"
        assert pulling.take(place_of(reply), reply, SECOND)


@pytest.fixture
def pulling() -> Pulling:
    begun = Pulling("trade.x.spot", said(10))
    begun.begin("stream", "consumer", "inbox", 0, is_durable=False)
    given(begun, range(1, 11))
    return begun


def test_an_answer_older_than_the_latest_message_does_not_make_a_stream_another(
    pulling: Pulling,
) -> None:
    expected = pulling.expected
    given(pulling, range(11, 14))
    # Made by the server before messages 11 to 13 came, and overtaken by them.
    assert pulling.is_still(said(10), expected)


def test_a_stream_that_had_more_when_it_was_asked_is_another(pulling: Pulling) -> None:
    assert not pulling.is_still(said(9), pulling.expected)
    assert not pulling.is_still(said(10, "2026-01-06T12:00:00Z"), pulling.expected)
