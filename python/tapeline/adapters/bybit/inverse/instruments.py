"""The instruments of Bybit inverse."""

from tapeline.adapters.bybit.instruments import instrument_list

INSTRUMENTS = instrument_list("inverse")
