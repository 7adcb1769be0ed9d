"""Requests made up after the OpenAPI document: each has an answer the document names."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi import checks

from tapeline.api.settings import ApiSettings
from tapeline.apps.serve import openapi_document
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.store import ParquetStore
from tapeline.telemetry.clock import SystemClock
from tests.python.accessing import fill, market_messages
from tests.python.runs import run_of
from tests.python.serving import TIMEOUT_S, Served, serving

DOCUMENT = json.loads(openapi_document())
COMMITTED = Path(__file__).parents[3] / "web" / "openapi.json"
schema = schemathesis.openapi.from_dict(DOCUMENT)
# Made-up values are also longer than an address may be.
schema.config.checks.negative_data_rejection.expected_statuses += ["414", "431"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("made-up")
    fill(ParquetStore(LocalFolder(root / "data"), clock=SystemClock()), market_messages(100))
    run = run_of("BTC/USDT", rows=50)
    run.write(root / "runs" / run.run_id)
    known = ApiSettings(runs=root / "runs", rate_per_s=100_000, burst=100_000)
    with serving([f"parquet:{root}/data"], known) as served:
        yield served


@schema.parametrize()
@settings(
    max_examples=7,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_made_up_requests_have_the_answers_of_the_document(
    case: schemathesis.Case[Any], server: Served
) -> None:
    response = case.call_and_validate(
        base_url=f"http://127.0.0.1:{server.port}",
        timeout=TIMEOUT_S,
        # A schema cannot say that a cursor is one we gave, or that the end is after the start.
        excluded_checks=[checks.positive_data_acceptance],
    )
    assert response.status_code < 500


def test_the_document_has_an_example_of_every_value() -> None:
    for name, model in DOCUMENT["components"]["schemas"].items():
        for field, said in model.get("properties", {}).items():
            refers = "$ref" in said or "$ref" in said.get("items", {}) or "anyOf" in said
            told = refers or any(key in said for key in ("examples", "enum", "description"))
            assert told or said.get("type") in ("boolean", "object"), f"{name}.{field}"


def test_the_committed_document_is_the_one_that_is_served(server: Served) -> None:
    served = server.get("/api/openapi.json").json
    committed = json.loads(COMMITTED.read_bytes())
    for each in (served, committed, document := dict(DOCUMENT)):
        each["info"] = {**each["info"], "version": ""}
    assert served == committed == document
