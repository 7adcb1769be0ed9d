"""Tidepool spot, added as ``docs/adding-an-exchange.md`` says."""
