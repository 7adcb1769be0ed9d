"""Synthetic markets of any venue: books, trades, funding, liquidations; the same for a seed."""
