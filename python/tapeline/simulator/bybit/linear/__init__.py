"""Bybit linear."""

from tapeline.simulator.bybit.linear.venue import BybitLinear

__all__ = ["BybitLinear"]
