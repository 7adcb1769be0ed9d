"""A thousand heavy questions at once: some are answered, the others refused, and all goes on."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tapeline.api.settings import ApiSettings
from tapeline.apps.live_feed import FeedSettings
from tapeline.apps.serve_live import ServeLive
from tapeline.telemetry.clock import SystemClock
from tapeline.transport.local_file import LocalFile
from tests.python.live_serving import TRADES, Client
from tests.python.markets import SECOND, START, stored, trade
from tests.python.serving import Served, serving
from tests.python.storing import make_messages

pytestmark = pytest.mark.timeout(400)

CLIENTS = 1000
LIVE = 100
HEAVY = "/api/bars?symbol=BTC/USDT&interval=1s&limit=5000"
PATIENCE_S = 300.0


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    chooser = random.Random(5)
    times = sorted(chooser.choices(range(0, 3600 * SECOND, SECOND // 10), k=20_000))
    rows = [trade(START + each, str(100 + chooser.randrange(9))) for each in times]
    return stored(tmp_path_factory.mktemp("heavy"), {"trade": rows})


@pytest.fixture
def bus(tmp_path: Path) -> Path:
    path = tmp_path / "bus.db"
    send(path, 3, "first")
    return path


@pytest.fixture(params=["by client", "by server"])
def server(
    request: pytest.FixtureRequest, data: str, bus: Path, tmp_path: Path
) -> Iterator[Served]:
    """Servers of which the one refuses for the client's sake, the other for its own."""
    by_client = ApiSettings(runs=tmp_path, workers=2, waiting=30)
    by_server = ApiSettings(
        runs=tmp_path, workers=2, waiting=8, rate_per_s=10_000, burst=10_000, at_once=10_000
    )
    live = ServeLive(FeedSettings(f"local:{bus}"), SystemClock())
    with serving(
        [data],
        by_client if request.param == "by client" else by_server,
        live=live,
        routers=[live.router()],
        options=live.server_options,
    ) as served:
        yield served


def send(bus: Path, trades: int, producer: str) -> None:
    file = LocalFile(bus, mode="write")
    file.append(make_messages(trades, producer=producer))
    file.close()


async def asked(port: int, path: str) -> tuple[int, dict[str, str], bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        writer.write(head.encode())
        answer = await reader.read()
    finally:
        writer.close()
    top, _, body = answer.partition(b"\r\n\r\n")
    lines = top.decode().split("\r\n")
    pairs = (line.split(": ", 1) for line in lines[1:])
    return int(lines[0].split()[1]), {name.lower(): value for name, value in pairs}, body


async def test_a10_a_thousand_heavy_questions_at_once(server: Served, bus: Path) -> None:
    health: Counter[int] = Counter()
    async with (
        asyncio.timeout(PATIENCE_S),
        # This loop has a thousand other things to do: the server asks whether we are there.
        await Client.open(f"ws://127.0.0.1:{server.port}/ws/market", ping_interval=None) as client,
    ):
        channel = await client.subscribe(TRADES)
        while (await asked(server.port, "/api/health"))[2].count(b'"status":"ok"') != 3:
            pass
        heavy = [asyncio.create_task(asked(server.port, HEAVY)) for _ in range(CLIENTS)]
        sending = asyncio.create_task(asyncio.to_thread(send, bus, LIVE * 3, "meanwhile"))
        while not all(task.done() for task in heavy):
            health[(await asked(server.port, "/api/health"))[0]] += 1
        answers = [task.result() for task in heavy]
        await sending
        # A third of the trades is of this instrument; each came, and none was skipped.
        await client.events(LIVE, channel)
        assert client.rows(channel) >= LIVE
        assert not client.skipped
    statuses = Counter(status for status, _, _ in answers)
    assert sum(statuses.values()) == CLIENTS
    assert set(statuses) <= {200, 429, 503}, statuses
    assert statuses[200] >= 1
    assert statuses[429] + statuses[503] >= 1, "nothing was refused: the test asks too little"
    assert set(health) == {200}
    bodies = set()
    for status, headers, body in answers:
        if status == 200:
            bodies.add(body)
        else:
            assert int(headers["retry-after"]) >= 1
            assert orjson.loads(body)["status"] == status
    assert len(bodies) == 1, "every answer is whole"
    # It serves as before, once the client has waited for as long as it was told.
    await asyncio.sleep(1)
    status, _, body = await asked(server.port, HEAVY)
    assert status == 200
    assert body in bodies
    load = orjson.loads((await asked(server.port, "/api/system"))[2])["load"]
    assert (load["queries_running"], load["queries_waiting"]) == (0, 0)
    assert load["refused"] >= statuses[503]
