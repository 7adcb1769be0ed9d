"""Rows as Parquet files, on a local disk or in a bucket, with a log that says which files count.

:mod:`tapeline.storage.parquet.layout` describes what lies where; a reader needs nothing else.
"""
