"""How Bybit inverse contracts are talked to."""

from tapeline.adapters.bybit import requests
from tapeline.adapters.bybit.inverse import endpoints, limits
from tapeline.adapters.connection.dialect import SILENCE_IS_NORMAL_S, Channel, Dialect

DIALECT = Dialect(
    exchange="bybit",
    market="inverse",
    endpoints=(endpoints.STREAM,),
    channels=(
        Channel(name="publicTrade", path=endpoints.PUBLIC),
        Channel(name="orderbook.1", path=endpoints.PUBLIC),
        Channel(name="orderbook.50", path=endpoints.PUBLIC),
        Channel(name="orderbook.200", path=endpoints.PUBLIC),
        # In archives; not listed any more.
        Channel(name="orderbook.500", path=endpoints.PUBLIC),
        Channel(name="orderbook.1000", path=endpoints.PUBLIC),
        Channel(name="tickers", path=endpoints.PUBLIC),
        Channel(name="allLiquidation", path=endpoints.PUBLIC, patience_s=SILENCE_IS_NORMAL_S),
    ),
    limits=limits.LIMITS,
    rest=limits.REST,
    stream_name=requests.topic,
    address=requests.address,
    request=requests.request,
    answer=requests.answer,
    heartbeat=requests.HEARTBEAT,
)
