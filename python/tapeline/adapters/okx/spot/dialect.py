"""How OKX spot markets are talked to."""

from tapeline.adapters.connection.dialect import Channel, Dialect
from tapeline.adapters.okx import requests
from tapeline.adapters.okx.limits import LIMITS, REST
from tapeline.adapters.okx.spot import endpoints


def _stream_name(raw_symbol: str, channel: str) -> str:
    return requests.argument(channel, raw_symbol)


DIALECT = Dialect(
    exchange="okx",
    market="spot",
    endpoints=(endpoints.STREAM,),
    channels=(
        Channel(name="trades", path=endpoints.PUBLIC),
        Channel(name="trades-all", path=endpoints.BUSINESS),
        Channel(name="bbo-tbt", path=endpoints.PUBLIC),
        Channel(name="books", path=endpoints.PUBLIC),
        Channel(name="books-l2-tbt", path=endpoints.PUBLIC),
        Channel(name="books5", path=endpoints.PUBLIC),
    ),
    limits=LIMITS,
    rest=REST,
    stream_name=_stream_name,
    address=requests.address,
    request=requests.request,
    answer=requests.answer,
    is_shutdown=requests.is_shutdown,
    heartbeat=requests.HEARTBEAT,
)
