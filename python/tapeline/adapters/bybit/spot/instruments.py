"""The instruments of Bybit spot."""

from tapeline.adapters.bybit.instruments import instrument_list

INSTRUMENTS = instrument_list("spot")
