"""A `.creds` file (a user's JWT and seed) against a real server in operator mode."""

from collections.abc import Iterator
from pathlib import Path

import nkeys
import pytest

from tapeline.apps.bus_reader import message_counts
from tapeline.transport.open import open_sink
from tapeline.transport.uris import parse_uri
from tests.services.nats import NatsServer, nats_or_skip
from tests.services.nats_credentials import Key, Operator

WITHIN_S = 60.0


@pytest.fixture(scope="module")
def operator() -> Operator:
    return Operator.make()


@pytest.fixture(scope="module")
def server(operator: Operator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    made = nats_or_skip(tmp_path_factory.mktemp("operator"), extra=operator.config)
    yield made
    made.stop()


def address(server: NatsServer, folder: Path, credentials: str) -> str:
    file = folder / "user.creds"
    file.write_text(credentials)
    return f"nats://{server.address}?creds={file}"


def test_a_user_of_the_account_is_let_in(
    server: NatsServer, operator: Operator, tmp_path: Path
) -> None:
    uri = address(server, tmp_path, operator.user())
    sink = open_sink(f"{uri}&spool={tmp_path}/spool.db")
    sink.send([("trade.x.spot.btcusdt", b"btcusdt", b"1")])
    assert sink.close(WITHIN_S).delivered == 1
    assert message_counts(parse_uri(uri)) == {"trade.x.spot": 1}


def test_nobody_else_is(server: NatsServer, operator: Operator, tmp_path: Path) -> None:
    claim, seed = (operator.user().split("\n\n")[part] for part in range(2))
    refused = {
        "of an account that the operator did not sign": operator.user(
            Key(nkeys.PREFIX_BYTE_ACCOUNT)
        ),
        "expired": operator.user(exp=1_767_614_401),
        "the claim of one, the seed of another": f"{claim}\n\n{seed}",
        "none": None,
    }
    for name, credentials in refused.items():
        folder = tmp_path / name
        folder.mkdir()
        uri = f"nats://{server.address}?layout=market"
        if credentials is not None:
            uri = address(server, folder, credentials)
        sink = open_sink(f"{uri}&spool={folder}/refused.db")
        sink.send([("trade.y.spot.btcusdt", b"btcusdt", b"2")])
        report = sink.close(1.0)
        # Nothing is lost: it waits on the disk for somebody who may.
        assert (report.delivered, report.spooled, report.lost) == (0, 1, 0), name
