"""The archive: a month of a type in one Parquet file, with a manifest of what was verified.

:mod:`tapeline.storage.archive.layout` describes what lies where; a reader needs nothing else.
"""
