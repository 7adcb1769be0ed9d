"""The instruments of Bybit linear."""

from tapeline.adapters.bybit.instruments import instrument_list

INSTRUMENTS = instrument_list("linear")
