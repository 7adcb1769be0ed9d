"""Strategies tried on recorded markets, with costs, and with regard to what was not recorded."""
