"""The Redis cache: the last state of each instrument, for as long as it is fresh.

:mod:`tapeline.storage.redis_cache.layout` says what lies in it.
"""
