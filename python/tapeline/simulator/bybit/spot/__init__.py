"""Bybit spot."""

from tapeline.simulator.bybit.spot.venue import BybitSpot

__all__ = ["BybitSpot"]
