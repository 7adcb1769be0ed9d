"""Bybit inverse."""

from tapeline.simulator.bybit.inverse.venue import BybitInverse

__all__ = ["BybitInverse"]
