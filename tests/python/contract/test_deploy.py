"""What deploy/ promises: metrics that exist, alerts with a test and a runbook, safe containers.

Its own tools check the rest: ``just deploy-check``.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tapeline.telemetry.catalogue import CATALOGUE

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
METRIC = re.compile(r"\btapeline_[a-z0-9_]+")
RECORDED = re.compile(r"\btapeline:[a-z0-9_:]+")


def read(path: str) -> Any:  # noqa: ANN401 - whatever the file holds
    return yaml.safe_load((DEPLOY / path).read_text("utf-8"))


def rules(name: str) -> list[dict[str, Any]]:
    groups = read(f"prometheus/rules/{name}.yml")["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[tuple[str, str]]:
    """Return where each query is, and the query."""
    for rule in rules("recording") + rules("alerts"):
        yield str(rule.get("alert") or rule["record"]), rule["expr"]
    for path in sorted((DEPLOY / "grafana" / "dashboards").glob("*.json")):
        for panel in json.loads(path.read_text("utf-8"))["panels"]:
            for target in panel["targets"]:
                if panel["datasource"]["type"] == "prometheus":
                    yield f"{path.stem}: {panel['title']}", target["expr"]


def exported() -> set[str]:
    names = set()
    for spec in CATALOGUE.values():
        ends = ("_bucket", "_sum", "_count") if spec.kind == "histogram" else ("",)
        names |= {f"{spec.exported}{end}" for end in ends}
    return names


def test_every_query_names_metrics_that_there_are() -> None:
    known, recorded = exported(), {rule["record"] for rule in rules("recording")}
    found = list(expressions())
    assert len(found) > 60
    for where, query in found:
        plain = RECORDED.sub("", query)
        assert set(METRIC.findall(plain)) <= known, where
        assert set(RECORDED.findall(query)) <= recorded, where


def test_every_label_in_a_query_is_one_of_its_metric() -> None:
    own = {"job", "instance", "part", "le"}
    for where, query in expressions():
        for name, labels in re.findall(r"\b(tapeline_[a-z0-9_]+)\{([^}]*)\}", query):
            plain = re.sub(r"_(total|bucket|sum|count)$", "", name)
            used = set(re.findall(r"([a-z_]+)\s*(?:=|!)", re.sub(r'"[^"]*"', '""', labels)))
            assert used <= {*CATALOGUE[plain].labels, *own}, where


def test_every_alert_fires_in_a_test_and_is_silent_in_one() -> None:
    alerts = {rule["alert"] for rule in rules("alerts")}
    fires: set[str] = set()
    silent: set[str] = set()
    for case in read("prometheus/tests/alerts.yml")["tests"]:
        for check in case["alert_rule_test"]:
            (fires if check["exp_alerts"] else silent).add(check["alertname"])
    assert fires == alerts
    # The one that is always there is what it is for.
    assert silent == alerts - {"TapelineWatchdog"}


def test_every_alert_has_a_section_that_says_what_to_do() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    sections = dict(re.findall(r"^### (Tapeline\w+)\n\n(.+?)(?=\n#|\Z)", page, re.M | re.S))
    alerts = {rule["alert"]: rule for rule in rules("alerts")}
    assert set(sections) == set(alerts)
    for name, rule in alerts.items():
        assert len(sections[name]) > 80, name
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"
        assert rule["labels"]["severity"] in ("critical", "warning", "none")


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = read("compose/compose.yaml")["services"]
    return found


@pytest.mark.parametrize("name", services())
def test_a_container_is_pinned_limited_and_not_reachable(name: str) -> None:
    service = services()[name]
    tag = service["image"].partition(":")[2]
    assert tag, "no version"
    assert "latest" not in tag
    assert service["mem_limit"]
    assert service["cpus"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "healthcheck" in service or name == "bucket"
    for port in service.get("ports", ()):
        assert port.startswith("127.0.0.1:")
    assert set(service["networks"]) <= set(read("compose/compose.yaml")["networks"])
    assert not service.get("privileged")
    assert service.get("network_mode") is None


@pytest.mark.parametrize("name", services())
def test_no_password_stands_in_a_container_s_description(name: str) -> None:
    service = services()[name]
    for key, value in service.get("environment", {}).items():
        if re.search(r"PASSWORD|SECRET|TOKEN|ACCESS_KEY|TARGETS", key):
            assert key.endswith("_FILE"), key
            assert str(value).startswith("/run/secrets/"), key
    assert not re.search(r"(?i)password|://[^ /]*:[^ /]*@", str(service.get("command", "")))


def test_stores_and_bus_are_on_networks_without_a_way_out() -> None:
    compose = read("compose/compose.yaml")
    internal = {name for name, each in compose["networks"].items() if each.get("internal")}
    for name in ("kafka", "nats", "timescale", "clickhouse", "redis", "seaweedfs", "loki"):
        assert set(compose["services"][name]["networks"]) <= internal, name


def test_secrets_are_random_kept_and_closed_to_others(tmp_path: Path) -> None:
    script = tmp_path / "make-secrets.sh"
    script.write_bytes((DEPLOY / "compose" / "make-secrets.sh").read_bytes())

    def made() -> dict[str, str]:
        subprocess.run(["sh", script], check=True, capture_output=True)
        return {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}

    first = made()
    assert made() == first, "what exists is kept"
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    named = {name for name, each in read("compose/compose.yaml")["secrets"].items() if each}
    assert named <= set(first)
    passwords = [first[name] for name in first if name.endswith(("_password", "_token", "_secret"))]
    assert len(set(passwords)) == len(passwords) >= 5
    assert min(map(len, passwords)) >= 32
    assert json.loads(first["s3_users"])["identities"][0]["credentials"][0]["accessKey"]


def test_dashboards_are_what_their_tables_say() -> None:
    make = DEPLOY / "grafana" / "make_dashboards.py"
    subprocess.run([sys.executable, make, "--check"], check=True)
    boards = [json.loads(path.read_text()) for path in (DEPLOY / "grafana/dashboards").iterdir()]
    assert len({board["uid"] for board in boards}) == len(boards) == 5
    for board in boards:
        ids = [panel["id"] for panel in board["panels"]]
        assert len(set(ids)) == len(ids)
        places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]}
        assert len(places) == len(ids), "panels lie over each other"
