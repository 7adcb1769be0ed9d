"""The HTTP interface over a real store and a real socket: what it answers, and in which form."""

import csv
import io
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import BaseModel

import tapeline as tl
from tapeline.access.plain_rows import rows_of
from tapeline.api.schemas import market, runs, store, system
from tapeline.api.settings import ApiSettings
from tapeline.storage.parquet.folder import LocalFolder
from tapeline.storage.parquet.store import ParquetStore
from tapeline.telemetry.clock import SystemClock
from tests.python.accessing import answer, fill, market_messages
from tests.python.markets import SECOND, START, book, gap, session, stored, trade
from tests.python.runs import run_of
from tests.python.serving import Served, serving

MESSAGES = market_messages()
TYPES_OF_EVENTS = ("trade", "orderbook", "funding", "liquidation")
TYPES = {"trades": "trade", "funding": "funding", "liquidations": "liquidation"}


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("served")
    fill(ParquetStore(LocalFolder(root), clock=SystemClock()), MESSAGES)
    return f"parquet:{root}"


@pytest.fixture(scope="module")
def runs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for number in range(3):
        run = run_of("BTC/USDT", rows=800, run_id=f"0123456789abcde{number}")
        run.write(folder / run.run_id)
    return folder


@pytest.fixture(scope="module")
def server(target: str, runs_folder: Path) -> Iterator[Served]:
    with serving([target], ApiSettings(runs=runs_folder)) as served:
        yield served


@pytest.mark.parametrize("path", TYPES)
def test_pages_hold_every_row_once_with_exact_decimals(server: Served, path: str) -> None:
    expected = list(rows_of(answer(MESSAGES, TYPES[path])))
    assert expected
    limit = max(len(expected) // 7, 1)
    pages = list(server.pages(f"/api/{path}", limit=limit))
    found = [row for page in pages for row in page["data"]]
    times = [row.pop("time") for row in found]
    assert found == expected
    assert len(pages) > 1
    assert all(time.endswith("Z") and len(time) == 30 for time in times)
    assert all(page["as_of_ns"] for page in pages)


@pytest.mark.parametrize("path", TYPES)
@pytest.mark.parametrize("limit", [1, 7, 10_000])
def test_the_newest_rows_are_the_last_ones_in_order(server: Served, path: str, limit: int) -> None:
    rows = [row for page in server.pages(f"/api/{path}", limit=10_000) for row in page["data"]]
    said = server.get(f"/api/{path}", newest="true", limit=limit).json
    assert said["data"] == rows[-limit:]
    assert said["next_cursor"] is None
    middle = rows[len(rows) // 2]["timestamp_ns"] or rows[len(rows) // 2]["received_ns"]
    before = [row for row in rows if (row["timestamp_ns"] or row["received_ns"]) < middle]
    ended = server.get(f"/api/{path}", newest="true", limit=limit, end=middle).json
    assert ended["data"] == before[-limit:]


def test_the_newest_rows_have_one_page_and_a_time_with_too_many_is_refused(
    server: Served, tmp_path: Path
) -> None:
    assert server.get("/api/trades", newest="true", cursor="x").status == 422
    assert server.get("/api/trades", newest="true", end="1970-01-01").json["data"] == []
    target = stored(tmp_path, {"trade": [trade(START + n, "100") for n in range(50)]})
    with serving([target], ApiSettings(max_scan_rows=20)) as small:
        assert small.get("/api/trades", newest="true").status == 422
        said = small.get("/api/trades", newest="true", start=START + 40, limit=3).json
    assert [row["timestamp_ns"] - START for row in said["data"]] == [47, 48, 49]


def test_conditions_are_those_of_the_access_layer(server: Served) -> None:
    rows = list(rows_of(answer(MESSAGES, "trade", symbols=["BTC/USDT"], exchange="binance")))
    start, end = rows[3]["timestamp_ns"], rows[-3]["timestamp_ns"]
    found = server.get(
        "/api/trades", exchange="binance", symbol="BTC/USDT", start=start, end=end
    ).json
    wanted = [row["event_id"] for row in rows if start <= row["timestamp_ns"] < end]
    assert [row["event_id"] for row in found["data"]] == wanted
    assert (found["coverage"]["start_ns"], found["coverage"]["end_ns"]) == (start, end)


def test_arrow_and_csv_hold_the_same_rows(server: Served) -> None:
    query = {"exchange": "binance", "market": "spot", "limit": 50}
    plain = server.get("/api/trades", query)
    arrow = server.get("/api/trades", query, accept="application/vnd.apache.arrow.stream")
    table = pa.ipc.open_stream(arrow.body).read_all()
    rows = [{**row, "time": shown["time"]} for row, shown in _pairs(table, plain.json)]
    assert rows == plain.json["data"]
    assert table.schema.field("price").type == pa.decimal128(38, 18)
    assert json.loads(arrow.headers["tapeline-coverage"]) == plain.json["coverage"]
    assert arrow.headers["tapeline-as-of-ns"] == str(plain.json["as_of_ns"])
    assert arrow.headers["tapeline-next-cursor"] == plain.json["next_cursor"]
    text = server.get("/api/trades", query, accept="text/csv")
    lines = list(csv.DictReader(io.StringIO(text.body.decode())))
    for name in ("price", "quantity", "event_id", "symbol"):
        assert [line[name] for line in lines] == [row[name] for row in plain.json["data"]]
    assert text.headers["content-type"] == "text/csv; charset=utf-8"
    refused = server.get("/api/trades", accept="text/html")
    assert (refused.status, refused.headers["content-type"]) == (406, "application/problem+json")


def test_a_head_is_told_what_is_allowed(server: Served) -> None:
    reply = server.ask("HEAD", "/api/trades")
    assert (reply.status, reply.headers["allow"]) == (405, "GET")


def _pairs(table: pa.Table, said: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return list(zip(rows_of(table), said["data"], strict=True))


@pytest.mark.parametrize("form", ["text/csv", "application/vnd.apache.arrow.stream"])
@pytest.mark.parametrize(
    "path",
    ["instruments", "bars", "quarantine", "coverage", "quality", "backtests", "analysis"],
)
def test_every_list_comes_in_every_form(server: Served, path: str, form: str) -> None:
    query = {"exchange": "binance", "market": "spot", "symbol": "BTC/USDT"}
    asked = {} if path == "backtests" else query
    reply = server.get(f"/api/{path}", asked, accept=form)
    assert reply.status == 200, reply.body
    assert reply.headers["content-type"].startswith(form)
    rows = server.get(f"/api/{path}", asked).json["data"]
    if form == "text/csv":
        assert len(list(csv.reader(io.StringIO(reply.body.decode())))) == len(rows) + 1
    else:
        assert pa.ipc.open_stream(reply.body).read_all().num_rows == len(rows)


@pytest.mark.parametrize(
    "wrong",
    [
        {"start_ns": "x"},
        {"rows": 2**70},
        {"rows": 2**63},
        {"symbols": "BTC/USDT"},
        {"metrics": {"pnl": []}},
    ],
)
def test_a_run_whose_file_is_no_run_spoils_no_other(
    target: str, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    for name in ("good", "bad"):
        run_of("BTC/USDT", rows=50, run_id=name).write(tmp_path / name)
    path = tmp_path / "bad" / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **wrong}))
    with serving([target], ApiSettings(runs=tmp_path)) as server:
        said = server.get("/api/backtests")
        assert said.status == 200, said.body
        assert [run["run_id"] for run in said.json["data"]] == ["good"]
        assert server.get("/api/backtests/bad").status == 404


@pytest.mark.parametrize("form", ["text/csv", "application/vnd.apache.arrow.stream"])
def test_a_list_without_runs_has_the_columns_of_one_with_runs(
    server: Served, target: str, tmp_path: Path, form: str
) -> None:
    with serving([target], ApiSettings(runs=tmp_path)) as other:
        empty = other.get("/api/backtests", accept=form).body
    some = server.get("/api/backtests", accept=form).body
    if form == "text/csv":
        assert empty.splitlines() == some.splitlines()[:1]
    else:
        assert pa.ipc.open_stream(empty).schema == pa.ipc.open_stream(some).schema


MODELS: dict[str, type[BaseModel]] = {
    "instruments": market.InstrumentPage,
    "trades": market.TradePage,
    "funding": market.FundingPage,
    "liquidations": market.LiquidationPage,
    "orderbook?exchange=binance&market=spot&symbol=BTCUSDT": market.BookAnswer,
    "bars?exchange=binance&market=spot&symbol=BTC/USDT": market.BarPage,
    "analysis?exchange=binance&market=spot&symbol=BTC/USDT&indicators=sma:2,atr": (
        market.AnalysisPage
    ),
    "coverage": store.CoveragePage,
    "quality": store.QualityPage,
    "quarantine": store.QuarantinePage,
    "backtests": runs.RunPage,
    "health": system.Health,
    "system": system.System,
}


@pytest.mark.parametrize("path", MODELS)
def test_answers_have_the_form_the_document_says(server: Served, path: str) -> None:
    reply = server.get(f"/api/{path}")
    assert reply.status == 200, reply.body
    found = MODELS[path].model_validate_json(reply.body, strict=True)
    assert getattr(found, "data", True), "an empty answer proves nothing"


def test_the_book_is_that_of_the_access_layer(server: Served, target: str) -> None:
    names = {"exchange": "binance", "market": "spot", "symbol": "BTC/USDT"}
    newest = server.get("/api/orderbook", names, levels=5).json
    with tl.open(target) as data:
        book = data.book_at(
            "BTC/USDT", newest["as_of_ns"], exchange="binance", market="spot"
        ).to_dict()
    assert newest["data"]["state"] == book["state"]
    assert newest["data"]["bids"] == book["bids"][:5]
    assert newest["data"]["asks"] == book["asks"][:5]
    earlier = server.get("/api/orderbook", names, time=newest["as_of_ns"] - 10**9).json
    assert earlier["data"]["time_ns"] == newest["as_of_ns"] - 10**9


def test_a_bar_is_complete_when_a_later_trade_is_known(tmp_path: Path) -> None:
    trades = [trade(START + second * SECOND, "100") for second in (1, 7)]
    books = [book(START + 60 * SECOND, [("99", "1")], [("101", "1")])]
    with serving([stored(tmp_path, {"trade": trades, "orderbook": books})]) as server:
        names = {"symbol": "BTC/USDT", "interval": "5s"}
        whole = server.get("/api/bars", names).json
        first = server.get("/api/bars", names, end=START + 5 * SECOND).json
    assert whole["as_of_ns"] == START + 60 * SECOND
    # Trades may come later than books that are as old: the last bar may still grow.
    assert [bar["is_complete"] for bar in whole["data"]] == [True, False]
    assert [bar["is_complete"] for bar in first["data"]] == [True]


def test_pages_of_bars_are_the_bars_of_all_trades(tmp_path: Path) -> None:
    chooser = random.Random(3)
    times = sorted(chooser.choices(range(0, 90 * SECOND, SECOND // 4), k=400))
    rows = [trade(START + each, str(100 + chooser.randrange(9)), "0.25") for each in times]
    with serving([stored(tmp_path, {"trade": rows})]) as server:
        names = {"symbol": "BTC/USDT", "interval": "5s"}
        whole = server.get("/api/bars", names).json["data"]
        pages = list(server.pages("/api/bars", names, limit=4))
        later = server.get("/api/bars", names, start=START + 12 * SECOND).json["data"]
        some = server.get("/api/analysis", names, indicators="sma:3").json
    assert [bar for page in pages for bar in page["data"]] == whole
    assert [(bar["start_ns"] - START) // SECOND for bar in whole] == list(range(0, 90, 5))
    for bar in whole:
        of_bar = [row for row in rows if bar["start_ns"] <= row["time_ns"] < bar["end_ns"]]
        prices = [float(row["price"]) for row in of_bar]
        assert (bar["open"], bar["close"]) == (prices[0], prices[-1])
        assert (bar["high"], bar["low"]) == (max(prices), min(prices))
        assert (bar["trades"], bar["volume"]) == (len(prices), len(prices) / 4)
    assert [bar["is_complete"] for bar in whole] == [True] * 17 + [False]
    assert later == whole[2:]
    closes = [bar["close"] for bar in whole]
    averages = [point["values"]["sma_3"] for point in some["data"]]
    assert averages[:2] == [None, None]
    assert averages[2:] == pytest.approx([sum(closes[i - 2 : i + 1]) / 3 for i in range(2, 18)])
    assert some["metrics"]["trades"] == 400
    assert some["metrics"]["total_return"] == pytest.approx(closes[-1] / closes[0] - 1)


def test_runs_are_read_from_their_folder(server: Served) -> None:
    listed = server.get("/api/backtests").json["data"]
    assert len(listed) == 3
    paged = [run for page in server.pages("/api/backtests", limit=1) for run in page["data"]]
    assert paged == listed
    run_id = listed[0]["run_id"]
    models: dict[str, type[BaseModel]] = {
        "": runs.RunAnswer,
        "/equity": runs.EquityPage,
        "/trades": runs.RoundTripPage,
        "/fills": runs.FillPage,
    }
    for path, model in models.items():
        reply = server.get(f"/api/backtests/{run_id}{path}")
        assert reply.status == 200, reply.body
        assert model.model_validate_json(reply.body, strict=True).model_dump()["data"]
    trips = server.get(f"/api/backtests/{run_id}/trades").json["data"]
    paged = [
        trip
        for page in server.pages(f"/api/backtests/{run_id}/trades", limit=3)
        for trip in page["data"]
    ]
    assert paged == trips


def test_quality_counts_every_row_and_every_refused_message(server: Served) -> None:
    found = server.get("/api/quality").json["data"]
    for event_type in ("trade", "orderbook", "funding", "liquidation"):
        rows = answer(MESSAGES, event_type, start_ns=0)
        assert sum(row["rows"] for row in found if row["type"] == event_type) == rows.num_rows
        grades = [sum(row["grades"].values()) for row in found if row["type"] == event_type]
        assert sum(grades) == rows.num_rows
    refused = answer(MESSAGES, "quarantine", start_ns=0).num_rows
    pages = list(server.pages("/api/quarantine", limit=100))
    assert sum(len(page["data"]) for page in pages) == refused > 0


def test_quality_counts_refused_messages_among_the_rows_it_may_read(target: str) -> None:
    refused = answer(MESSAGES, "quarantine", start_ns=0).num_rows
    fundings = answer(MESSAGES, "funding", start_ns=0).num_rows
    for most, status in ((refused + fundings, 200), (refused - 1, 422), (fundings, 422)):
        with serving([target], ApiSettings(max_scan_rows=most)) as small:
            asked = small.get("/api/quality", type="funding", start="1970-01-01")
            assert asked.status == status, most


def test_instruments_say_the_coverage_of_each_type(tmp_path: Path) -> None:
    rows = {
        "trade": [trade(START + second * SECOND, "100.5") for second in range(3)],
        "orderbook": [book(START, [("99", "1")], [("101", "1")])],
        "coverage": [
            session(START, "trade"),
            session(START, "depth"),
            gap("depth", START, START + SECOND, 5, 8),
        ],
    }
    with serving([stored(tmp_path, rows)]) as server:
        said = server.get("/api/instruments").json
        asked = {name: server.get("/api/coverage", type=name).json for name in TYPES_OF_EVENTS}
        whole = server.get("/api/coverage").json
    by_type = said["coverage_by_type"]
    assert sorted(by_type) == sorted(TYPES_OF_EVENTS)
    assert said["coverage"] == whole["coverage"]
    assert by_type == {name: each["coverage"] for name, each in asked.items()}
    found = {name: (each["is_complete"], each["holes"]) for name, each in by_type.items()}
    assert found["trade"] == (True, 0)
    assert found["orderbook"] == (False, 1)


def test_pages_of_coverage_are_of_one_survey(tmp_path: Path) -> None:
    names = {"exchange": "binance", "market": "spot"}
    for number in range(5):
        of = {**names, "symbol": f"S{number}/USDT", "raw_symbol": f"S{number}USDT"}
        rows = {"trade": [trade(START + number, "100")], "coverage": [session(START, "trade")]}
        target = stored(tmp_path / "data", rows, of)
    with serving([target]) as server:
        first = server.get("/api/coverage", limit=2).json
        # What is not there cannot be looked at again.
        (tmp_path / "data").rename(tmp_path / "away")
        second = server.get("/api/coverage", limit=2, cursor=first["next_cursor"]).json
        third = server.get("/api/coverage", limit=2, cursor=second["next_cursor"]).json
        assert server.get("/api/coverage", limit=2).status == 503
    symbols = [row["symbol"] for page in (first, second, third) for row in page["data"]]
    assert symbols == [f"S{number}/USDT" for number in range(5)]
    assert first["coverage"] == second["coverage"] == third["coverage"]
    assert third["next_cursor"] is None


def test_quality_of_the_last_seconds_counts_back_from_the_newest_row(tmp_path: Path) -> None:
    trades = [trade(START + second * SECOND, "100") for second in range(100)]
    with serving([stored(tmp_path, {"trade": trades})]) as server:
        said = server.get("/api/quality", last_s=10).json
        earlier = server.get("/api/quality", last_s=10, end=START + 30 * SECOND).json
        both = server.get("/api/quality", last_s=10, start=START)
    assert [row["rows"] for row in said["data"]] == [10]
    assert said["coverage"]["start_ns"] == START + 89 * SECOND + 1
    # It is counted from the newest row, also where an end leaves nothing of that time.
    assert earlier["data"] == []
    assert (both.status, b"two beginnings" in both.body) == (422, True)
