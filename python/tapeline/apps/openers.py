"""How the store of a target is made: the library of each kind is imported when it is used."""

from collections.abc import Callable
from typing import Final

from tapeline.storage.ports import Store
from tapeline.storage.targets import Kind, Target
from tapeline.telemetry.clock import Clock


def _clickhouse(target: Target, clock: Clock) -> Store:
    from tapeline.storage.clickhouse.open import open_clickhouse

    return open_clickhouse(target, clock)


def _parquet(target: Target, clock: Clock) -> Store:
    from tapeline.storage.parquet.open import open_parquet

    return open_parquet(target, clock)


def _postgres(target: Target, clock: Clock) -> Store:
    from tapeline.storage.postgres.open import open_postgres

    return open_postgres(target, clock)


def _redis(target: Target, clock: Clock) -> Store:
    from tapeline.storage.redis_cache.store import open_redis

    return open_redis(target, clock)


OPENERS: Final[dict[Kind, Callable[[Target, Clock], Store]]] = {
    Kind.CLICKHOUSE: _clickhouse,
    Kind.PARQUET: _parquet,
    Kind.POSTGRES: _postgres,
    Kind.REDIS: _redis,
}
