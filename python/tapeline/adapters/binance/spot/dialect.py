"""How Binance spot is talked to."""

from collections.abc import Sequence

from tapeline.adapters.binance import requests
from tapeline.adapters.binance.spot import endpoints, limits
from tapeline.adapters.connection.dialect import Address, Channel, Dialect, Stream

_SUFFIXES = {"depth": "depth@100ms"}


def _stream_name(raw_symbol: str, channel: str) -> str:
    return requests.stream_name(raw_symbol, _SUFFIXES.get(channel, channel))


def _address(endpoint: str, path: str, streams: Sequence[Stream], time_unit: str) -> Address:
    return requests.address(
        f"{endpoint}{path}", streams, endpoints.TIME_UNIT_QUERY.get(time_unit, "")
    )


DIALECT = Dialect(
    exchange="binance",
    market="spot",
    endpoints=(endpoints.STREAM, endpoints.STREAM_ALTERNATIVE),
    channels=(
        Channel(name="trade"),
        Channel(name="aggTrade"),
        Channel(name="bookTicker"),
        Channel(name="depth", is_seeded_by_rest=True),
    ),
    limits=limits.LIMITS,
    rest=limits.REST,
    stream_name=_stream_name,
    address=_address,
    request=requests.request,
    answer=requests.answer,
    is_shutdown=requests.is_shutdown,
)
