"""How rows are taken out of each kind of store."""

from typing import Any

from tapeline.apps.store_runner import OPENERS
from tapeline.errors import SettingsError
from tapeline.storage.parquet.open import folder_of
from tapeline.storage.parquet.thinning import ParquetThinner
from tapeline.storage.postgres.thinning import open_thinner
from tapeline.storage.retention import Thinner
from tapeline.storage.targets import Kind, Target
from tapeline.telemetry.clock import Clock


def thinner_of(target: Target, clock: Clock, grace_s: float) -> Thinner:
    """Return what thins out a store.

    Raises
    ------
    SettingsError
        Rows of this kind of store go by themselves, or cannot be taken out by this version.
    """
    if target.kind is Kind.PARQUET:
        return ParquetThinner(folder_of(target), clock=clock, grace_s=grace_s)
    if target.kind is Kind.POSTGRES:
        return open_thinner(target)
    opener = OPENERS.get(target.kind)
    if target.kind is Kind.REDIS or opener is None:
        raise SettingsError(f"{target.shown}: there is nothing here that retention is about")
    return ServerThinner(opener(target, clock), target)


class ServerThinner:
    """A database whose writer deletes what is before an instant: ClickHouse."""

    def __init__(self, store: Any, target: Target) -> None:  # noqa: ANN401 - drop_before is no part of the port
        if not hasattr(store, "drop_before"):
            raise SettingsError(f"{target.shown}: this version cannot take rows out of it")
        self._store = store

    def begin(self) -> None:
        """Connect; see :meth:`Thinner.begin`."""
        self._store.open()

    def bytes_before(self, event_type: str, before_ns: int) -> int | None:
        """Return None: a database does not say."""
        return None

    def drop_before(self, event_type: str, before_ns: int) -> int:
        """Delete, snapshots too: those are in the archive; see :meth:`Thinner.drop_before`."""
        return int(self._store.drop_before(event_type, before_ns))

    def close(self) -> None:
        """Disconnect."""
        self._store.close()
