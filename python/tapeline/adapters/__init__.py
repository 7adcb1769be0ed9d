"""Exchanges, one package each, and the connections they share."""
