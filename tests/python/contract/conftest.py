"""Services the contract suites run against."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.kafka import KafkaBroker, broker_or_skip
from tests.services.nats import NatsServer, nats_or_skip
from tests.services.postgres import (
    Database,
    PostgresServer,
    given_database,
    make_database,
    postgres_or_skip,
)


@pytest.fixture(scope="session")
def kafka_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker nobody harms: the one of ``TAPELINE_KAFKA``, or one started for this run."""
    given = os.environ.get("TAPELINE_KAFKA")
    if given:
        yield given
        return
    broker = broker_or_skip(tmp_path_factory.mktemp("kafka"))
    yield broker.servers
    broker.stop()


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """A broker that a test may kill and freeze."""
    broker = broker_or_skip(tmp_path_factory.mktemp("own-kafka"))
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def nats_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A NATS server with JetStream nobody harms."""
    server = nats_or_skip(tmp_path_factory.mktemp("nats"))
    yield server.address
    server.stop()


@pytest.fixture
def own_nats(tmp_path: Path) -> Iterator[NatsServer]:
    """A NATS server that a test may kill and freeze."""
    server = nats_or_skip(tmp_path / "own-nats")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_home() -> Iterator[Database]:
    """A PostgreSQL nobody harms: that of ``TAPELINE_POSTGRES``, or one started for this run."""
    given = given_database()
    if given is not None:
        yield given
        return
    server = postgres_or_skip()
    yield server.database()
    server.kill()


@pytest.fixture
def database(postgres_home: Database) -> Database:
    """A new, empty database."""
    return make_database(postgres_home)


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL that a test may kill and freeze; what it says is committed is on the disk."""
    server = postgres_or_skip(is_durable=True)
    yield server
    server.kill()
