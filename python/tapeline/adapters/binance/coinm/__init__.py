"""Binance COIN-M futures: inverse contracts margined in their base coin."""
