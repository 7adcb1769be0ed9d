"""Open the PostgreSQL store a target address names."""

from tapeline.storage.postgres.address import address_of
from tapeline.storage.postgres.store import PostgresStore
from tapeline.storage.targets import Target
from tapeline.telemetry.clock import Clock


def open_postgres(target: Target, _clock: Clock) -> PostgresStore:
    """Make the store of an address; nothing is touched before its ``open``.

    Raises
    ------
    SettingsError
        The address names no database, or an option that there is not.
    """
    return PostgresStore(address_of(target))
