"""How OKX perpetual swaps are talked to."""

from tapeline.adapters.connection.dialect import SILENCE_IS_NORMAL_S, Channel, Dialect
from tapeline.adapters.okx import requests
from tapeline.adapters.okx.limits import LIMITS, REST
from tapeline.adapters.okx.swap import endpoints

# One subscription brings the liquidations of all swaps.
_MARKET_WIDE = "liquidation-orders"


def _stream_name(raw_symbol: str, channel: str) -> str:
    inst_type = "SWAP" if channel == _MARKET_WIDE else None
    return requests.argument(channel, raw_symbol, inst_type)


DIALECT = Dialect(
    exchange="okx",
    market="swap",
    endpoints=(endpoints.STREAM,),
    channels=(
        Channel(name="trades", path=endpoints.PUBLIC),
        Channel(name="trades-all", path=endpoints.BUSINESS),
        Channel(name="bbo-tbt", path=endpoints.PUBLIC),
        Channel(name="books", path=endpoints.PUBLIC),
        Channel(name="books-l2-tbt", path=endpoints.PUBLIC),
        Channel(name="books5", path=endpoints.PUBLIC),
        # Pushed every 30 to 90 s.
        Channel(name="funding-rate", path=endpoints.PUBLIC, patience_s=300.0),
        Channel(
            name=_MARKET_WIDE,
            path=endpoints.PUBLIC,
            patience_s=SILENCE_IS_NORMAL_S,
            is_market_wide=True,
        ),
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
