"""The Binance spot market, as its WebSocket market streams show it."""

from tapeline.simulator.binance.spot.venue import BinanceSpot

__all__ = ["BinanceSpot"]
