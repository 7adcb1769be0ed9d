"""The ClickHouse store: a server, or the engine inside this process.

:mod:`tapeline.storage.clickhouse.tables` says what lies in it.
"""
