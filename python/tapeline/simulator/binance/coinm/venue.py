"""Binance COIN-M: one path for everything, sizes in contracts, 200 streams a connection."""

from tapeline.simulator.binance import instruments
from tapeline.simulator.binance.rest import RestMarket
from tapeline.simulator.binance.speller import COINM, BinanceSpeller
from tapeline.simulator.binance.venue import BinanceVenue
from tapeline.simulator.simulated import Simulated
from tapeline.simulator.venue import Limits


class BinanceCoinm(BinanceVenue):
    """The market streams of COIN-M and ``/dapi/v1``."""

    rest = RestMarket(
        "/dapi/v1",
        (5, 10, 20, 50, 100, 500, 1_000),
        500,
        has_times=True,
        instrument=instruments.coinm,
    )
    streams_max = 200
    published = Limits(180.0, 600.0, 86_400.0, 10)


SIMULATED = Simulated(BinanceCoinm, lambda: BinanceSpeller(COINM))
