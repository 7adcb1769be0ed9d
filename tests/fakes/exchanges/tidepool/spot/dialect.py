"""How Tidepool spot is talked to."""

from collections.abc import Sequence
from typing import Any

import orjson

from tapeline.adapters.connection.dialect import (
    Address,
    Answer,
    Channel,
    Dialect,
    Heartbeat,
    Stream,
    Verb,
)
from tests.fakes.exchanges.tidepool.spot import endpoints, limits


def _stream_name(raw_symbol: str, channel: str) -> str:
    return f"{channel}/{raw_symbol}"


def _address(endpoint: str, path: str, streams: Sequence[Stream], _time_unit: str) -> Address:
    return Address(f"{endpoint}{path}", tuple(streams))


def _request(verb: Verb, number: int, streams: Sequence[Stream]) -> str:
    word = "listen" if verb == "subscribe" else "ignore"
    message = {"do": word, "ref": number, "topics": [each.name for each in streams]}
    return orjson.dumps(message).decode()


def _answer(text: str) -> Answer | None:
    message: Any = orjson.loads(text)
    if "ref" not in message:
        return None
    return Answer(number=message["ref"], fault=message.get("no"))


DIALECT = Dialect(
    exchange="tidepool",
    market="spot",
    endpoints=(endpoints.STREAM,),
    channels=(
        Channel(name="prints", path=endpoints.PRINTS),
        Channel(name="ladder", path=endpoints.BOOKS, is_seeded_by_rest=True),
    ),
    limits=limits.LIMITS,
    rest=limits.REST,
    stream_name=_stream_name,
    address=_address,
    request=_request,
    answer=_answer,
    heartbeat=Heartbeat(text='{"do":"wave"}', every_s=0.2),
)
