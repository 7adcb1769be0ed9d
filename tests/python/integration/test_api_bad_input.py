"""What the HTTP interface makes of bad requests; the names begin with the rows of the corpus."""

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from tapeline.api.auth import BACKTEST, READ, SCOPES, Grant, Tokens, hash_of, new_token
from tapeline.api.protocol import MOST_HEAD_BYTES, BoundedProtocol
from tapeline.api.settings import MAX_LIMIT, ApiSettings
from tapeline.telemetry.clock import SystemClock
from tests.python.markets import SECOND, START, stored, trade
from tests.python.runs import run_of
from tests.python.serving import Reply, Served, serving

PROBLEM = "application/problem+json"
PLANTED = "text that nobody may read"
ROWS = 25


class HurriedProtocol(BoundedProtocol):
    """Waits for requests for less long."""

    message_within_s = 5.0
    takes_within_s = 4.0


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bad")
    stored(root / "data", {"trade": [trade(START + n * SECOND, "100.5") for n in range(ROWS)]})
    run = run_of("BTC/USDT", rows=50)
    run.write(root / "runs" / run.run_id)
    (root / "secret.json").write_text(json.dumps({"run_id": "secret", "text": PLANTED}))
    (root / "page").mkdir()
    (root / "page" / "index.html").write_text("<!doctype html><title>page</title>")
    (root / "page" / "link.txt").symlink_to(root / "secret.json")
    return root


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[Served]:
    settings = ApiSettings(
        runs=root / "runs", allowed_origins=("https://desk.example",), allowed_hosts=("market",)
    )
    page = root / "page"
    data = f"parquet:{root}/data"
    with serving([data], settings, dashboard=page) as served:
        yield served


@pytest.fixture(scope="module")
def hurried(root: Path) -> Iterator[Served]:
    with serving([f"parquet:{root}/data"], http=HurriedProtocol) as served:
        yield served


def refused(reply: Reply, *statuses: int) -> str:
    """Check the form of a refusal and return its detail."""
    assert reply.status in statuses, (reply.status, reply.body)
    assert reply.headers["content-type"] == PROBLEM
    assert reply.headers["x-content-type-options"] == "nosniff"
    said = reply.json
    assert said["status"] == reply.status
    assert len(said["request_id"]) == 16
    assert "Traceback" not in reply.body.decode()
    assert PLANTED not in reply.body.decode()
    return str(said["detail"])


PATHS = (
    "..%2f..%2fsecret.json",
    "..%5csecret.json",
    "%2e%2e/secret.json",
    "../secret.json",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "%00",
    "BTC%00USDT",
    "a" * 200,
    "%c0%ae%c0%ae%c0%afsecret.json",
)


@pytest.mark.parametrize("text", PATHS)
def test_a01_paths_are_no_names(server: Served, text: str) -> None:
    for target in (
        f"/api/trades?symbol={text}",
        f"/api/orderbook?symbol={text}",
        f"/api/trades?exchange={text}",
        f"/api/backtests/{text}",
        f"/api/backtests/{text}/equity",
    ):
        refused(server.ask("GET", target), 400, 404)
    for target in (f"/{text}", f"/assets/{text}", "/link.txt"):
        reply = server.ask("GET", target)
        assert PLANTED.encode() not in reply.body
        assert b"root:" not in reply.body


@pytest.mark.parametrize("limit", ["-1", "0", "1000000000", "1.5", "abc", "", "1e3", "0x10", " "])
def test_a02_limits_out_of_range_are_told_the_range(server: Served, limit: str) -> None:
    for path in ("trades", "bars?symbol=BTC/USDT", "instruments", "coverage", "backtests"):
        mark = "&" if "?" in path else "?"
        reply = server.ask("GET", f"/api/{path}{mark}limit={quote(limit)}")
        assert "limit" in refused(reply, 422)
        assert reply.json["errors"][0]["name"] == "limit"
    assert server.get("/api/trades", limit=MAX_LIMIT).status == 200
    assert str(MAX_LIMIT) in refused(server.get("/api/trades", limit=MAX_LIMIT + 1), 422)


def test_a02_cursors_are_taken_whole_or_not(server: Served) -> None:
    first = server.get("/api/trades", limit=5).json
    cursor = first["next_cursor"]
    assert server.get("/api/trades", limit=9, cursor=cursor).status == 200
    refused(server.get("/api/trades", limit=5, cursor=cursor, symbol="BTC/USDT"), 422)
    refused(server.get("/api/funding", limit=5, cursor=cursor), 422)
    values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    for place, value in ((0, 2), (2, -1), (2, 2**70), (2, "x"), (2, True), (3, None), (8, 0)):
        changed = [*values[:place], value, *values[place + 1 :]]
        text = base64.urlsafe_b64encode(json.dumps(changed).encode()).decode().rstrip("=")
        refused(server.get("/api/trades", limit=5, cursor=text), 422)
    for text in ("", "x", "e30", "bnVsbA", "ß", cursor[:-3], cursor + cursor, "A" * 2000):
        refused(server.get("/api/trades", limit=5, cursor=text), 422)


def test_a03_times_are_exact_or_refused(server: Served) -> None:
    for start, end in ((START + 1, START), ("2026-01-06", "2026-01-05")):
        assert "start" in refused(server.get("/api/trades", start=start, end=end), 422)
    for text in ("2026-01-05T12:00:00", "yesterday", "", "NaN", "9" * 30, "1700000000000", "-5"):
        refused(server.get("/api/trades", start=text), 422)
    assert "nanoseconds" in refused(server.get("/api/trades", start="1767614400000"), 422)
    for path in ("trades", "quality", "coverage", "bars?symbol=BTC/USDT"):
        mark = "&" if "?" in path else "?"
        reply = server.ask("GET", f"/api/{path}{mark}start={START}&end={START}")
        assert reply.status == 200
        assert path == "coverage" or reply.json["data"] == []
    assert (
        server.get("/api/bars", symbol="BTC/USDT", start=START + 9, end=START + 9).json["data"]
        == []
    )
    said = refused(server.get("/api/trades", start="yesterday"), 422)
    assert "2026-01-05T12:00:00Z" in said
    # Nobody collected what is to come: no rows are no proof that none are missing.
    for path in ("trades", "bars"):
        for last in ("2200-01-01", 2**63 - 1):
            ahead = server.get(f"/api/{path}", symbol="BTC/USDT", exchange="binance", start=last)
            assert (ahead.status, ahead.json["data"]) == (200, [])
            assert ahead.json["coverage"]["is_complete"] is not True
    whole = server.get("/api/trades", start="1976-01-01", end="2026-12-31T00:00:00Z", limit=10)
    assert len(whole.json["data"]) == 10
    assert whole.json["next_cursor"]
    mixed = server.get("/api/trades", start="2026-01-05T13:00:00+01:00", end=START + 2 * SECOND)
    assert [row["timestamp_ns"] for row in mixed.json["data"]] == [START, START + SECOND]


@pytest.mark.parametrize(
    "text", ["DOGE/USDT", "x' OR '1'='1", "1; DROP TABLE trade", "<script>alert(1)</script>", "🦆"]
)
def test_a04_unknown_names_are_404_and_never_markup(server: Served, text: str) -> None:
    for name in ("symbol", "exchange", "market"):
        reply = server.get("/api/trades", {name: text})
        refused(reply, 404)
        assert b"<script" not in reply.body
    refused(server.get("/api/coverage", type=text), 404)
    refused(server.get("/api/trades", {text: "1"}), 422)
    assert server.get("/api/trades").json["data"], "the table is still there"


def test_a04_an_unknown_parameter_is_told_where_all_are_listed(server: Served) -> None:
    detail = server.get("/api/trades", {"symbl": "1"}).json["detail"]
    place = next(word for word in detail.split() if word.startswith("/"))
    assert "/api/trades" in server.get(place).json["paths"]


def test_a05_tokens_are_needed_whole_and_in_time(root: Path) -> None:
    tokens = {name: new_token() for name in ("all", "read", "backtest", "old")}
    grants = [
        Grant(hash_of(tokens["all"]), SCOPES),
        Grant(hash_of(tokens["read"]), frozenset({READ})),
        Grant(hash_of(tokens["backtest"]), frozenset({BACKTEST})),
        Grant(hash_of(tokens["old"]), SCOPES, until_ns=START),
    ]
    known = Tokens(grants, SystemClock())
    settings = ApiSettings(runs=root / "runs")
    with serving([f"parquet:{root}/data"], settings, tokens=known) as server:

        def shown(value: str | None, path: str = "/api/trades") -> Reply:
            return server.ask("GET", path, {} if value is None else {"authorization": value})

        right = tokens["all"]
        wrong = (
            *(None, "", "Bearer", "Bearer  ", "Basic abc", f"Bearer {right}x"),
            *(f"Bearer {right[:-1]}", f"Bearer {tokens['old']}", f"Bearer {hash_of(right).hex()}"),
            *(right, "Bearer \xff", f"Bearer {'x' * 10_000}"),
        )
        details = {refused(shown(value), 401) for value in wrong}
        assert len(details) == 1, "no refusal says more than another"
        assert refused(shown(None, f"/api/trades?token={right}"), 401) in details
        assert shown(f"Bearer {right}").status == 200
        assert shown(f"bearer   {right}").status == 200
        assert shown(f"Bearer {tokens['read']}").status == 200
        refused(shown(f"Bearer {tokens['read']}", "/api/backtests"), 403)
        refused(shown(f"Bearer {tokens['backtest']}"), 403)
        assert shown(f"Bearer {tokens['backtest']}", "/api/backtests").status == 200
        assert refused(shown(f"Bearer {'x' * 40_000}"), 431)
        assert shown(None, "/api/health").status == 200
        both = "GET /api/trades HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        both += f"Authorization: Bearer {right}\r\nAuthorization: Bearer x\r\n\r\n"
        assert said_raw(server, both.encode()).startswith(b"HTTP/1.1 401")


def test_a06_pages_of_other_origins_are_refused(server: Served) -> None:
    path = "/api/trades"
    ours = f"http://127.0.0.1:{server.port}"
    for origin in (
        "https://evil.example",
        "null",
        "",
        "http://127.0.0.1",
        "https://desk.example.x",
    ):
        reply = server.ask("GET", path, {"origin": origin})
        refused(reply, 403)
        assert "access-control-allow-origin" not in reply.headers
    assert server.ask("GET", path, {"origin": ours}).status == 200
    allowed = server.ask("GET", path, {"origin": "https://desk.example"})
    assert allowed.status == 200
    assert allowed.headers["access-control-allow-origin"] == "https://desk.example"
    assert "Origin" in allowed.headers["vary"]
    asked = {"origin": "https://desk.example", "access-control-request-method": "GET"}
    before = server.ask("OPTIONS", path, asked)
    assert (before.status, before.headers["access-control-allow-methods"]) == (204, "GET")
    refused(server.ask("OPTIONS", path, {**asked, "origin": "https://evil.example"}), 403)


def test_a06_names_that_are_not_ours_are_refused(server: Served) -> None:
    for host in ("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "a@127.0.0.1"):
        refused(server.ask("GET", "/api/health", {"host": host}), 400)
    for host in ("localhost:1", "127.0.0.1", "[::1]:8000", "market:80", "192.168.2.7"):
        assert server.ask("GET", "/api/health", {"host": host}).status == 200


def said_raw(server: Served, data: bytes) -> bytes:
    """Send bytes as they are; return all that comes back until the server closes."""
    with closing(socket.create_connection(("127.0.0.1", server.port), 60)) as line:
        line.settimeout(60)
        line.sendall(data)
        return ended(line)


def ended(line: socket.socket) -> bytes:
    found = b""
    while True:
        try:
            some = line.recv(65_536)
        except ConnectionResetError:
            return found
        if not some:
            return found
        found += some


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"GET /api/tr",
        b"GET /api/trades HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        b"POST /api/trades HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n",
    ],
)
def test_a09_what_comes_too_slowly_is_cut_off(hurried: Served, head: bytes) -> None:
    with closing(socket.create_connection(("127.0.0.1", hurried.port), 60)) as line:
        line.settimeout(60)
        line.sendall(head)
        is_over = threading.Event()

        def dribble() -> None:
            while not is_over.wait(0.05):
                try:
                    line.send(b"a")
                except OSError:
                    return

        slow = threading.Thread(target=dribble)
        if head:
            slow.start()
        assert hurried.get("/api/health").status == 200
        # Ends, though something comes all the time.
        ended(line)
        is_over.set()
        if head:
            slow.join()


def test_a09_an_answer_that_nobody_takes_is_let_go(tmp_path: Path) -> None:
    note = [("note", "x" * 2000)]
    rows = [trade(START + n, "100.5", metadata=note) for n in range(MAX_LIMIT)]
    with (
        serving([stored(tmp_path, {"trade": rows})], http=HurriedProtocol) as server,
        closing(socket.socket()) as line,
    ):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(60)
        line.connect(("127.0.0.1", server.port))
        path = f"/api/trades?limit={MAX_LIMIT}"
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        whole = server.get(path)
        assert len(whole.body) > 20_000_000
        until = time.monotonic() + 60
        while server.connections() and time.monotonic() < until:
            time.sleep(0.05)
        # What the kernel had is all there is: the rest was forgotten.
        assert len(ended(line)) < len(whole.body)


def test_a09_requests_of_other_forms_have_answers(server: Served) -> None:
    assert said_raw(server, b"GET /api/health HTTP/1.0\r\nHost: localhost\r\n\r\n").startswith(
        b"HTTP/1.1 200"
    )
    for head in (
        b"GET /api/health HTTP/1.0\r\n\r\n",
        b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\nConnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not a hello\r\n\r\n",
        b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n",
    ):
        answer = said_raw(server, head)
        assert answer.startswith(b"HTTP/1.1 400"), answer[:100]
        assert PROBLEM.encode() in answer
    long = server.ask("GET", f"/api/trades?symbol={'x' * 9000}")
    refused(long, 414)
    refused(server.ask("GET", "/api/trades", {f"x-{n}": "y" * 900 for n in range(20)}), 431)
    refused(server.ask("POST", "/api/trades", {"content-length": "9999999"}, b""), 413)
    refused(server.ask("POST", "/api/trades", body=b"{}"), 405)
    refused(server.ask("DELETE", "/api/backtests/0123456789abcdef"), 405)
    refused(server.ask("GET", "/api/trades?limit=5&limit=6"), 422)
    refused(server.ask("GET", "/api/trades?" + "&".join(f"a{n}=1" for n in range(200))), 400)
    refused(server.ask("GET", "/api/nothing"), 404)
    endless = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-More: abcdefgh\r\n" * 100_000
    assert len(endless) > 10 * MOST_HEAD_BYTES
    assert said_refused(server, endless) in (b"", b"HTTP/1.1 431")


def said_refused(server: Served, data: bytes) -> bytes:
    """Send more than the server takes; return the begin of what it says before it closes."""
    with closing(socket.create_connection(("127.0.0.1", server.port), 60)) as line:
        line.settimeout(60)
        try:
            line.sendall(data)
            return ended(line)[:12]
        except OSError:
            # It has closed the connection while we were still sending.
            return b""


def test_a11_a_store_that_goes_and_comes_back(tmp_path: Path) -> None:
    data = tmp_path / "data"
    target = stored(data, {"trade": [trade(START + n * SECOND, "100.5") for n in range(3)]})
    with serving([target]) as server:
        before_ns = server.get("/api/health").json["time_ns"]
        assert server.get("/api/trades").status == 200
        data.rename(tmp_path / "away")
        seen = set()
        for path in ("trades", "instruments", "bars?symbol=BTC/USDT", "coverage", "quality"):
            reply = server.ask("GET", f"/api/{path}")
            assert str(tmp_path) not in refused(reply, 503)
            assert reply.headers["retry-after"] == str(reply.json["retry_after_s"])
            seen.add(reply.json["stale_since"])
        health = server.get("/api/health")
        assert (health.status, health.json["status"]) == (503, "down")
        (check,) = health.json["checks"]
        assert before_ns <= check["since_ns"] <= health.json["time_ns"]
        assert len(seen) == 1, "it has been stale since one moment"
        (tmp_path / "away").rename(data)
        assert len(server.get("/api/trades").json["data"]) == 3
        assert server.get("/api/health").json["status"] == "ok"


def test_a11_a_store_that_is_down_is_503_with_since_when(root: Path) -> None:
    with closing(socket.socket()) as taken:
        # Nothing listens here, and nobody else can.
        taken.bind(("127.0.0.1", 0))
        address = f"timescale://nobody@127.0.0.1:{taken.getsockname()[1]}/nothing"
        years = {str(time.gmtime().tm_year)}
        with serving([address], ApiSettings(runs=root / "runs")) as server:
            assert server.get("/api/health").json["status"] == "ok"
            reply = server.get("/api/trades")
            detail = refused(reply, 503)
            assert "nobody" not in detail
            assert reply.headers["retry-after"] == str(reply.json["retry_after_s"])
            years.add(str(time.gmtime().tm_year))
            assert reply.json["stale_since"][:4] in years
            assert reply.json["stale_since"].endswith("Z")
            health = server.get("/api/health")
            assert (health.status, health.json["status"]) == (503, "down")
            # What needs no store goes on.
            assert server.get("/api/backtests").status == 200
            assert server.get("/api/system").status == 200
