"""Binance spot: addresses, limits, instruments and the feed."""

from tapeline.adapters.binance.spot.endpoints import CHANNELS

__all__ = ["CHANNELS"]
