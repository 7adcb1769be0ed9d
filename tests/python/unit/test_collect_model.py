"""The Python model against the proto files, and instrument lists."""

import gzip
import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

import tapeline as tl
from tapeline.adapters.registry import resolve_instruments
from tapeline.apps.settings import CollectSettings, load_settings
from tapeline.errors import ArgumentError, InstrumentError, SettingsError
from tapeline.model import (
    BookAction,
    BookDepth,
    BookOrigin,
    CoverageKind,
    EventType,
    Instrument,
    IssueCode,
    ProofLevel,
    Quality,
    Side,
    enums,
)

ROOT = Path(__file__).parents[3]
PROTO = "\n".join(
    path.read_text("utf-8") for path in sorted((ROOT / "proto/tapeline/market/v1").glob("*.proto"))
)


@pytest.mark.parametrize(
    "kind",
    [
        BookAction,
        BookDepth,
        BookOrigin,
        CoverageKind,
        EventType,
        IssueCode,
        ProofLevel,
        Quality,
        Side,
    ],
)
def test_an_enum_has_the_names_and_numbers_of_the_proto_file(
    kind: type[enums.LabelledEnum],
) -> None:
    body = re.search(rf"enum {kind.__name__} {{(.*?)\n}}", PROTO, re.DOTALL)
    assert body is not None
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).upper() + "_"
    found = re.findall(r"^\s*([A-Z_0-9]+) = (\d+);", body[1], re.MULTILINE)
    assert {name.removeprefix(prefix): int(number) for name, number in found} == {
        each.name: each.value for each in kind
    }


def test_an_issue_code_knows_its_grade() -> None:
    assert IssueCode.NOT_JSON.quality is Quality.DISCARDED
    assert IssueCode.BYTE_ORDER_MARK.quality is Quality.REPAIRED
    assert IssueCode.PRICE_BAND.quality is Quality.SUSPICIOUS
    assert IssueCode.PRICE_BAND.label == "price_band"


def row(symbol: str, base: str, quote: str) -> dict[str, str]:
    return {"symbol": symbol, "status": "TRADING", "baseAsset": base, "quoteAsset": quote}


def tape_line(rows: list[dict[str, str]], url: str) -> bytes:
    raw = orjson.dumps({"symbols": rows}).decode()
    return orjson.dumps({"recv_ns": None, "url": url, "kind": "http", "raw": raw}) + b"\n"


SPOT = "https://api.binance.com/api/v3/exchangeInfo"
BTC = row("BTCUSDT", "BTC", "USDT")


def test_bundled_instruments_hold_the_majors() -> None:
    symbols = {each.symbol: each.raw_symbol for each in tl.load_instruments()}
    assert symbols["BTC/USDT"] == "BTCUSDT"
    assert len(symbols) >= 60


@pytest.mark.parametrize("packed", [False, True])
def test_an_exchange_info_reply_is_read(tmp_path: Path, packed: bool) -> None:
    content = orjson.dumps({"symbols": [BTC, row("币安人生USDT", "币安人生", "USDT")]})
    path = tmp_path / "info.json"
    path.write_bytes(gzip.compress(content) if packed else content)
    assert tl.load_instruments(path) == [
        Instrument("binance", "spot", "BTC/USDT", "BTCUSDT"),
        Instrument("binance", "spot", "币安人生/USDT", "币安人生USDT"),
    ]


@pytest.mark.parametrize("packed", [False, True])
def test_a_tape_gives_the_union_of_this_markets_replies(tmp_path: Path, packed: bool) -> None:
    content = (
        tape_line([BTC], SPOT)
        + tape_line(
            [row("BTCUSDT", "XXX", "USDT")], "https://fapi.binance.com/fapi/v1/exchangeInfo"
        )
        + tape_line([BTC, row("ETHBTC", "ETH", "BTC")], SPOT + "?symbols=x")
    )
    path = tmp_path / ("tape.jsonl.gz" if packed else "tape.jsonl")
    path.write_bytes(gzip.compress(content) if packed else content)
    assert [each.symbol for each in tl.load_instruments(path)] == ["BTC/USDT", "ETH/BTC"]


def test_our_own_list_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('[{"raw_symbol": "BTCUSDT", "symbol": "BTC/USDT"}]')
    assert tl.load_instruments(path) == [Instrument("binance", "spot", "BTC/USDT", "BTCUSDT")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"symbols": [BTC, BTC]}, "'BTCUSDT' is listed twice"),
        ({"symbols": [BTC, row("XBTUSDT", "BTC", "USDT")]}, "are both 'BTC/USDT'"),
        ({"symbols": []}, "holds no instrument"),
        ({"symbols": [{"symbol": "BTCUSDT"}]}, "instrument 0"),
        ({"symbols": [{**BTC, "baseAsset": 1}]}, "instrument 0"),
        ([{"raw_symbol": "", "symbol": "BTC/USDT"}], "must be text, not empty"),
        ([1], "instrument 0"),
        ({"bids": []}, "expected an exchangeInfo reply"),
        ("text", "expected an exchangeInfo reply"),
    ],
)
def test_a_list_that_is_none_says_what_was_expected(
    tmp_path: Path, content: object, message: str
) -> None:
    path = tmp_path / "list.json"
    path.write_bytes(orjson.dumps(content))
    with pytest.raises(InstrumentError, match=message) as caught:
        tl.load_instruments(path)
    assert str(path) in str(caught.value)


def test_replies_of_a_tape_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    path.write_bytes(tape_line([BTC], SPOT) + tape_line([row("BTCUSDT", "BT", "CUSDT")], SPOT))
    with pytest.raises(InstrumentError, match="is both 'BTC/USDT' and 'BT/CUSDT'"):
        tl.load_instruments(path)


def test_a_missing_file_and_text_that_is_no_json_are_instrument_errors(tmp_path: Path) -> None:
    with pytest.raises(InstrumentError, match="cannot read"):
        tl.load_instruments(tmp_path / "none.json")
    with pytest.raises(InstrumentError, match="cannot read"):
        tl.load_instruments(tmp_path / "none.jsonl")
    (tmp_path / "bad.json").write_text("<html>")
    with pytest.raises(InstrumentError, match="it is not JSON"):
        tl.load_instruments(tmp_path / "bad.json")


def test_a_damaged_archive_and_a_foreign_url_are_instrument_errors(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"[" + b'{"raw_symbol":"A","symbol":"A/B"},' * 100))
    packed[20] ^= 0xFF
    (tmp_path / "damaged.json.gz").write_bytes(packed)
    (tmp_path / "url.jsonl").write_text(
        '{"recv_ns":null,"url":"https://[x/api/v3/exchangeInfo","kind":"http","raw":"{}"}\n'
    )
    with pytest.raises(InstrumentError, match="cannot read the instrument list"):
        tl.load_instruments(tmp_path / "damaged.json.gz")
    with pytest.raises(InstrumentError, match="holds no instrument"):
        tl.load_instruments(tmp_path / "url.jsonl")


def test_a_byte_order_mark_before_a_list_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_bytes(b'\xef\xbb\xbf[{"raw_symbol":"BTCUSDT","symbol":"BTC/USDT"}]')
    assert [each.symbol for each in tl.load_instruments(path)] == ["BTC/USDT"]


def test_an_unknown_market_and_foreign_instruments_are_refused() -> None:
    with pytest.raises(ArgumentError, match="there are: binance spot"):
        resolve_instruments("binance", "swap")
    with pytest.raises(ArgumentError, match="expected instruments of binance spot"):
        resolve_instruments("binance", "spot", [Instrument("okx", "spot", "A/B", "A-B")])


def test_importing_tapeline_imports_nothing_heavy() -> None:
    code = (
        "import tapeline, sys; print(len([m for m in sys.modules if m.split('.')[0] in "
        "{'polars', 'pyarrow', 'confluent_kafka', 'pydantic', 'websockets', 'typer', 'asyncio'}]))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert found.stdout.strip() == b"0"


def test_every_public_name_resolves() -> None:
    for name in tl.__all__:
        assert getattr(tl, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        tl.nothing  # noqa: B018


def load(**overrides: object) -> CollectSettings:
    return load_settings(CollectSettings, "collect", environment={}, overrides=overrides)


def test_later_sources_win(tmp_path: Path) -> None:
    path = tmp_path / "tapeline.toml"
    path.write_text('[collect]\nsymbols = ["ETH/USDT"]\nrotate_hours = 20\nstaleness_s = 5\n')
    settings = load_settings(
        CollectSettings,
        "collect",
        config=path,
        environment={"TAPELINE_COLLECT_ROTATE_HOURS": "21", "TAPELINE_COLLECT_STALENESS_S": "6"},
        overrides={"staleness_s": 7.0, "idle_s": None},
    )
    assert settings.symbols == ("ETH/USDT",)
    assert (settings.rotate_hours, settings.staleness_s) == (21.0, 7.0)
    assert settings.market == "spot"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[collect]\nsymbol = "x"\n', "did you mean 'symbols'"),
        ("[colect]\n", "unknown table 'colect'"),
        ("[collect", "not TOML"),
        ("collect = 1\n", "must be a table"),
        ("[collect]\nrotate_hours = 25\n", "rotate_hours"),
        ('[collect]\nsymbols = ""\n', "symbols"),
        ('[collect]\nclient = "curl"\n', "client"),
    ],
)
def test_a_wrong_settings_file_says_what_is_wrong(
    tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "tapeline.toml"
    path.write_text(content)
    with pytest.raises(SettingsError, match=message):
        load_settings(CollectSettings, "collect", config=path, environment={})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_times_must_be_finite_and_not_negative(value: float) -> None:
    with pytest.raises(SettingsError, match="staleness_s"):
        load(staleness_s=value)
