"""The instruments of Binance USDⓈ-M futures."""

from tapeline.adapters.binance.instruments import instrument_list

INSTRUMENTS = instrument_list("usdm", "/fapi/v1/exchangeInfo", "/fapi/v1/fundingInfo")
