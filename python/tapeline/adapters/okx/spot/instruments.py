"""The instruments of OKX, read for the spot market."""

from tapeline.adapters.okx.instruments import instrument_list

INSTRUMENTS = instrument_list("spot")
