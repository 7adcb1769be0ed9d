"""``docs/adding-an-exchange.md`` followed literally: a folder and one registry line, no edit."""

import asyncio
import json
from pathlib import Path

import pytest

from tapeline.adapters import registry
from tapeline.adapters.connection.ports import DialOptions
from tapeline.apps.collect_plan import venue_plans
from tapeline.apps.record import Recorder, RecordLimits
from tapeline.apps.settings import CollectSettings, load_settings
from tapeline.errors import SettingsError
from tapeline.tape import TapeWriter
from tapeline.tape.reader import TapeReader
from tapeline.telemetry.clock import SystemClock
from tests.fakes.exchanges.tidepool.spot import venue as tidepool
from tests.fakes.http_venue import Reply, http_venue
from tests.fakes.websocket_venue import CLOSE, TEXT, Peer, eventually, venue

FOLDER = Path(tidepool.__file__).parent
CLOCK = SystemClock()


@pytest.fixture(autouse=True)
def _registry_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line: the package of the market."""
    line = "tests.fakes.exchanges.tidepool.spot"
    monkeypatch.setattr(registry, "MARKETS", (*registry.MARKETS, line))


class Tidepool:
    """The exchange: its own words for everything."""

    def __init__(self) -> None:
        self.waves = 0
        self.requests: list[dict[str, object]] = []
        self.paths: list[str] = []

    async def __call__(self, peer: Peer) -> None:
        peer.accept()
        self.paths.append(peer.path)
        while True:
            opcode, payload = await peer.read()
            if opcode == CLOSE:
                peer.send(payload, CLOSE)
                await peer.drain()
                peer.hang_up()
                return
            if opcode == TEXT:
                self._text(peer, json.loads(payload))

    def _text(self, peer: Peer, request: dict[str, object]) -> None:
        if request["do"] == "wave":
            self.waves += 1
            peer.send('{"wave":"back"}')
            return
        self.requests.append(request)
        peer.send(json.dumps({"ref": request["ref"]}))
        assert isinstance(request["topics"], list)
        for topic in request["topics"]:
            peer.send(json.dumps({"topic": topic, "n": 1}))


def settings(**overrides: object) -> CollectSettings:
    given = {"exchange": "tidepool", "market": "spot", "symbols": ("BTC/USD", "ETH/USD")}
    return load_settings(
        CollectSettings, "collect", environment={}, overrides={**given, **overrides}
    )


def test_the_folder_holds_the_files_that_the_document_names() -> None:
    document = (Path(__file__).parents[3] / "docs/adding-an-exchange.md").read_text("utf-8")
    files = {each.name for each in FOLDER.iterdir() if each.is_file()} - {"__init__.py"}
    assert all(f"`{name}`" in document for name in files)
    named = ("endpoints.py", "limits.py", "dialect.py", "instruments.py", "venue.py")
    assert files == {*named, "instruments.json"}


def test_its_types_and_symbols_are_known_to_the_command_line() -> None:
    (plan,) = venue_plans(settings(types=("all",)))
    assert plan.feed.channels == ("prints", "ladder")
    assert plan.snapshot_url("BTC~USD") == "https://api.tidepool.example/v1/ladder/BTC~USD"
    with pytest.raises(SettingsError, match="no type 'funding' of tidepool spot; there are: trade"):
        venue_plans(settings(types=("funding",)))
    with pytest.raises(SettingsError, match="near are ETH/USD"):
        venue_plans(settings(symbols=("ETH/USC",)))


async def test_it_is_recorded_with_its_books_and_heartbeats(tmp_path: Path) -> None:
    async def rest(path: str, _index: int) -> Reply:
        return Reply(body=json.dumps({"asked": path}).encode())

    script = Tidepool()
    async with venue(script) as fake, http_venue(rest) as http:
        (plan,) = venue_plans(
            settings(
                types=("trade", "l2"),
                endpoint=(f"ws://127.0.0.1:{fake.port}",),
                rest_endpoint=(http.url,),
            )
        )
        stop = asyncio.Event()
        with TapeWriter(tmp_path / "tape.jsonl") as writer:
            recorder = Recorder(
                plan, RecordLimits(), writer, DialOptions(wall_ns=CLOCK.wall_ns), CLOCK
            )
            task = asyncio.create_task(recorder.run(stop))
            await eventually(lambda: script.waves >= 3 and len(http.asked) == 2)
            stop.set()
            await task
    assert sorted(script.paths) == ["/books", "/prints"]
    assert [request["topics"] for request in sorted(script.requests, key=str)] == [
        ["ladder/BTC~USD", "ladder/ETH~USD"],
        ["prints/BTC~USD", "prints/ETH~USD"],
    ]
    frames = list(TapeReader(tmp_path / "tape.jsonl"))
    topics = {json.loads(each.raw).get("topic") for each in frames if each.kind == "ws"}
    assert {
        f"{kind}/{coin}~USD" for kind in ("prints", "ladder") for coin in ("BTC", "ETH")
    } <= topics
    asked = sorted(json.loads(each.raw)["asked"] for each in frames if each.kind == "http")
    assert asked == ["/v1/ladder/BTC~USD", "/v1/ladder/ETH~USD"]
