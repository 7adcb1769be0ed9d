"""Binance USD-M futures, as their WebSocket market streams and REST show them."""

from tapeline.simulator.binance.usdm.venue import BinanceUsdm

__all__ = ["BinanceUsdm"]
