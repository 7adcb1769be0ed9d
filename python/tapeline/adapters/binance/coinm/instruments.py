"""The instruments of Binance COIN-M futures."""

from tapeline.adapters.binance.instruments import instrument_list

INSTRUMENTS = instrument_list("coinm", "/dapi/v1/exchangeInfo", "/dapi/v1/fundingInfo")
