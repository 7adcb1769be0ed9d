"""Reads a Parquet store: its log says which files, their footers which parts of them."""
