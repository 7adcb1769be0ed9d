"""Binance COIN-M futures, as their WebSocket market streams and REST show them."""

from tapeline.simulator.binance.coinm.venue import BinanceCoinm

__all__ = ["BinanceCoinm"]
