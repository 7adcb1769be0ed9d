"""Recorded frames, byte for byte, in blocks of zstd that can be read one by one.

:mod:`tapeline.storage.rawframes.layout` describes what lies where.
"""
