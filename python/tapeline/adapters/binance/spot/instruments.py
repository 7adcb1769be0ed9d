"""The instruments of Binance spot."""

from tapeline.adapters.binance.instruments import instrument_list
from tapeline.adapters.binance.spot.endpoints import EXCHANGE_INFO_PATH

INSTRUMENTS = instrument_list("spot", EXCHANGE_INFO_PATH)
