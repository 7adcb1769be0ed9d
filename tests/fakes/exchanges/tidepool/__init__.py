"""Tidepool: an exchange made up for ``docs/adding-an-exchange.md``, with manners like no other."""
