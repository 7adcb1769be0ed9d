"""Binance spot for the shared connections."""

from collections.abc import Sequence
from urllib.parse import quote

from tapeline.adapters.binance import requests
from tapeline.adapters.binance.spot import endpoints, limits
from tapeline.adapters.connection.dialect import (
    Address,
    Channel,
    Dialect,
    Rest,
    RestRequest,
    Stream,
)

_SUFFIXES = {"depth": "depth@100ms"}


def _stream_name(raw_symbol: str, channel: str) -> str:
    return requests.stream_name(raw_symbol, _SUFFIXES.get(channel, channel))


def _address(endpoint: str, path: str, streams: Sequence[Stream], time_unit: str) -> Address:
    return requests.address(endpoint, path, streams, endpoints.TIME_UNIT_QUERY, time_unit)


def _snapshot(raw_symbol: str) -> RestRequest:
    query = f"symbol={quote(raw_symbol)}&limit={limits.DEPTH_LIMIT}"
    return RestRequest(f"{endpoints.DEPTH_PATH}?{query}", limits.DEPTH_WEIGHT)


DIALECT = Dialect(
    exchange="binance",
    market="spot",
    endpoints=(endpoints.STREAM, endpoints.STREAM_ALTERNATIVE),
    channels=(
        Channel(name="trade"),
        Channel(name="aggTrade"),
        Channel(name="bookTicker"),
        Channel(name="depth"),
    ),
    types={"trade": ("trade",), "l1": ("bookTicker",), "l2": ("depth",)},
    limits=limits.LIMITS,
    rest=Rest(
        endpoint=endpoints.REST,
        weight_per_minute=limits.REST_WEIGHT_PER_MINUTE,
        instruments=RestRequest(endpoints.EXCHANGE_INFO_PATH, limits.EXCHANGE_INFO_WEIGHT),
        snapshot=_snapshot,
        weight_header="x-mbx-used-weight-1m",
    ),
    stream_name=_stream_name,
    address=_address,
    request=requests.request,
    answer=requests.answer,
)
