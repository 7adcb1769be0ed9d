"""Every panel's query on a real Prometheus that scrapes live processes of a simulated market."""

import contextlib
import json
import socket
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tapeline.apps.chain import Process, Simulation, run
from tapeline.transport.local_file import LocalFile
from tests.services.kafka import free_port
from tests.services.prometheus import Prometheus, prometheus

BOARDS = Path(__file__).parents[3] / "deploy" / "grafana" / "dashboards"
TIMEOUT_S = 300
STATES = {
    "TapelineWatchdog": ("firing",),
    "TapelineStoreDown": ("pending", "firing"),
    "TapelineCollectorDown": ("inactive",),
}
# Slow and long: the machine that runs this may be busy.
TAPE = ("--frames", "40000", "--rate", "60", "--symbols", "BTC/USDT")

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]


def queries() -> Iterator[tuple[str, str]]:
    """Return each panel and its query, with Grafana's variables filled in."""
    for path in sorted(BOARDS.glob("*.json")):
        for panel in json.loads(path.read_text("utf-8"))["panels"]:
            for target in panel["targets"]:
                if panel["datasource"]["type"] != "prometheus":
                    continue
                query = target["expr"].replace("$__rate_interval", "15s")
                for variable in ("$exchange", "$market"):
                    query = query.replace(variable, ".*")
                yield f"{path.stem}: {panel['title']}", query


def test_every_panel_has_data(tmp_path: Path) -> None:
    tape, bus = tmp_path / "feed.synthetic.jsonl.gz", tmp_path / "bus.db"
    run("generate", tape, "--types", "trade,l2", *TAPE)
    # One message that no store can read, and one store that is not there.
    file = LocalFile(bus)
    file.append([("trade.binance.spot.BTCUSDT", b"", b"not a batch")])
    file.close()
    ports = {part: free_port() for part in ("collect", "store", "serve")}
    targets = {part: f"127.0.0.1:{port}" for part, port in ports.items()}
    transport = ("--transport", f"local:{bus}")
    stored = f"parquet:{tmp_path / 'parquet'}"
    with ExitStack() as stack, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        gone = f"timescale://nobody@127.0.0.1:{nobody.getsockname()[1]}/nothing"
        ledger = tmp_path / "ledger.jsonl"
        playing = Simulation([tape], ledger, speed="1", is_once=False)
        url = stack.enter_context(playing).url
        api = f"http://127.0.0.1:{free_port()}/api/health"
        port = api.split(":")[2].partition("/")[0]
        for words in (
            ("collect", "--endpoint", url, "--types", "trade,l2", *transport),
            ("store", "--target", stored, "--target", gone, *transport),
            ("serve", "--data", stored, "--port", port, *transport),
        ):
            stack.enter_context(Process(*words, "--metrics", targets[words[0]]))
        server = stack.enter_context(prometheus(tmp_path / "prometheus", targets))
        missing = await_all(server, dict.fromkeys(queries()), api)
        assert not missing, missing
        check_rules(server)


def await_all(
    server: Prometheus, wanted: dict[tuple[str, str], None], api: str
) -> list[tuple[str, str]]:
    """Ask until each query has given a number once; return those that never did."""
    assert len(wanted) > 50
    missing = list(wanted)
    until = time.monotonic() + TIMEOUT_S
    while missing and time.monotonic() < until:
        with contextlib.suppress(OSError), urllib.request.urlopen(api, timeout=30) as answer:  # noqa: S310
            answer.read()
        missing = [each for each in missing if not server.has_value(each[1])]
        time.sleep(0.5)
    return missing


def check_rules(server: Prometheus) -> None:
    """Every rule can be evaluated, and the store that is not there is told."""
    until = time.monotonic() + TIMEOUT_S
    # A look at a busy process may take longer than Prometheus waits: the next one tells.
    while (found := wrong_rules(server)) and time.monotonic() < until:
        time.sleep(0.5)
    assert not found, found


def wrong_rules(server: Prometheus) -> list[tuple[str, str, str | None]]:
    """Return the rules that cannot be evaluated, or say what is not so: health and state."""
    rules = [rule for group in server.ask("rules")["groups"] for rule in group["rules"]]
    assert len(rules) > 30
    told = [(rule["name"], rule["health"], rule.get("state")) for rule in rules]
    assert STATES.keys() <= {name for name, _, _ in told}
    return [
        (name, health, state)
        for name, health, state in told
        if health != "ok" or state not in STATES.get(name, (state,))
    ]
