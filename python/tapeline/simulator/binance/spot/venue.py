"""Binance spot: one path for everything, times in milliseconds or microseconds."""

from tapeline.simulator.binance import instruments
from tapeline.simulator.binance.rest import RestMarket
from tapeline.simulator.binance.speller import SPOT, BinanceSpeller
from tapeline.simulator.binance.spot.generate import trade_tape
from tapeline.simulator.binance.venue import BinanceVenue
from tapeline.simulator.simulated import Simulated


class BinanceSpot(BinanceVenue):
    """The market streams of Binance spot and ``/api/v3``."""

    rest = RestMarket("/api/v3", (), 100, has_times=False, instrument=instruments.spot)


SIMULATED = Simulated(BinanceSpot, lambda: BinanceSpeller(SPOT), trade_tape)
