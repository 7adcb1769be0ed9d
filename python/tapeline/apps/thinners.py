"""How rows are taken out of each kind of store."""

from tapeline.errors import SettingsError
from tapeline.storage.clickhouse import thinning as clickhouse
from tapeline.storage.parquet.open import folder_of
from tapeline.storage.parquet.thinning import ParquetThinner
from tapeline.storage.postgres import thinning as postgres
from tapeline.storage.retention import Thinner
from tapeline.storage.targets import Kind, Target
from tapeline.telemetry.clock import Clock


def thinner_of(target: Target, clock: Clock, grace_s: float) -> Thinner:
    """Return what thins out a store.

    Raises
    ------
    SettingsError
        Rows of this kind of store go by themselves.
    """
    if target.kind is Kind.PARQUET:
        return ParquetThinner(folder_of(target), clock=clock, grace_s=grace_s)
    if target.kind is Kind.POSTGRES:
        return postgres.open_thinner(target)
    if target.kind is Kind.CLICKHOUSE:
        return clickhouse.open_thinner(target)
    raise SettingsError(f"{target.shown}: there is nothing here that retention is about")
