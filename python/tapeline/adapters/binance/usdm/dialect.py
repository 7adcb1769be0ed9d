"""How Binance USDⓈ-M futures are talked to."""

from collections.abc import Sequence

from tapeline.adapters.binance import requests
from tapeline.adapters.binance.usdm import endpoints, limits
from tapeline.adapters.connection.dialect import (
    SILENCE_IS_NORMAL_S,
    Address,
    Channel,
    Dialect,
    Stream,
)

_SUFFIXES = {"depth": "depth@100ms", "markPrice": "markPrice@1s"}


def _stream_name(raw_symbol: str, channel: str) -> str:
    return requests.stream_name(raw_symbol, _SUFFIXES.get(channel, channel))


def _address(endpoint: str, path: str, streams: Sequence[Stream], _time_unit: str) -> Address:
    return requests.address(f"{endpoint}{path}", streams)


DIALECT = Dialect(
    exchange="binance",
    market="usdm",
    endpoints=(endpoints.STREAM,),
    channels=(
        Channel(name="aggTrade", path=endpoints.MARKET),
        # In no document of the venue; public connectors ask for it here.
        Channel(name="trade", path=endpoints.PUBLIC),
        Channel(name="bookTicker", path=endpoints.PUBLIC),
        Channel(name="depth", path=endpoints.PUBLIC, is_seeded_by_rest=True),
        Channel(name="markPrice", path=endpoints.MARKET),
        Channel(name="forceOrder", path=endpoints.MARKET, patience_s=SILENCE_IS_NORMAL_S),
    ),
    limits=limits.LIMITS,
    rest=limits.REST,
    stream_name=_stream_name,
    address=_address,
    request=requests.request,
    answer=requests.answer,
    is_shutdown=requests.is_shutdown,
)
