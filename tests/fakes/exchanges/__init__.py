"""Exchanges that exist only here."""
