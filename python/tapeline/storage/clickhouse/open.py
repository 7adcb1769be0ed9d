"""Open the ClickHouse store a target address names."""

from tapeline.storage.clickhouse.connection import Connection
from tapeline.storage.clickhouse.store import ClickHouseStore
from tapeline.storage.targets import Target
from tapeline.telemetry.clock import Clock


def open_clickhouse(target: Target, clock: Clock) -> ClickHouseStore:
    """Make the store of an address; nothing is touched before its ``open``.

    Raises
    ------
    SettingsError
        The address has an unknown option or a bad one.
    """
    return ClickHouseStore(Connection(target), clock=clock)
