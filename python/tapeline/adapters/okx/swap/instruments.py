"""The instruments of OKX, read for the swap market."""

from tapeline.adapters.okx.instruments import instrument_list

INSTRUMENTS = instrument_list("swap")
