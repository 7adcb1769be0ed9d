"""Books rebuilt from recorded snapshots and deltas against the best prices the venue sent beside.

At every update id that a depth message and a best-price message share, bid and ask must be equal,
price and size: 0 differences. The counts of such ids are those of the recordings' own description.
"""

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import tapeline as tl
from tapeline.tape import TapeReader

ROOT = Path(__file__).resolve().parents[3]
CAPTURES = Path(os.environ.get("TAPELINE_CAPTURES", ROOT.parent / "shared" / "captures"))

Best = tuple[tuple[Decimal, Decimal], tuple[Decimal, Decimal]]

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"no recorded tapes in {CAPTURES}"),
]


class Case(NamedTuple):
    """Tapes of one session, how to normalise them, and how many ids must be compared."""

    tapes: tuple[str, ...]
    exchange: str
    market: str
    instruments: str | None
    shared: int


CASES = [
    Case(
        ("binance_spot_btcusdt_20240808.jsonl.gz", "binance_spot_btcusdt_20240809.jsonl.gz"),
        "binance", "spot", "binance_instruments.jsonl.gz", 1_072,
    ),
    Case(
        ("binance_usdm_btcusdt_20240808.jsonl.gz",),
        "binance", "usdm", "binance_instruments.jsonl.gz", 629,
    ),
    Case(
        (
            "binance_coinm_btcusd_perp_20240808.jsonl.gz",
            "binance_coinm_btcusd_perp_20240809.jsonl.gz",
        ),
        "binance", "coinm", "binance_instruments.jsonl.gz", 1_885,
    ),
    Case(
        ("binance_spot_multi_20211012.jsonl",),
        "binance", "spot", "binance_instruments.jsonl.gz", 26,
    ),
    Case(
        ("binance_usdm_multi_20210722.jsonl.gz",),
        "binance", "usdm", "binance_instruments.jsonl.gz", 50,
    ),
    Case(("okx_swap_btcusdt_20260926.jsonl",), "okx", "swap", "okx_instruments.jsonl", 1),
    Case(("bybit_spot_testnet_btcusdt_20260913.jsonl",), "bybit", "spot", None, 4),
]  # fmt: skip


def pair(bid: list[Any], ask: list[Any], size: Decimal) -> Best:
    return (
        (Decimal(bid[0]), Decimal(bid[1]) * size),
        (Decimal(ask[0]), Decimal(ask[1]) * size),
    )


def best_sent(exchange: str, message: dict[str, Any], size: Decimal) -> tuple[Any, Best] | None:
    """Return the key and the best prices of a best-price message."""
    if exchange == "binance":
        data = message.get("data", message)
        if "B" not in data:
            return None
        return (data["s"], data["u"]), pair([data["b"], data["B"]], [data["a"], data["A"]], size)
    if exchange == "okx":
        if message["arg"]["channel"] != "bbo-tbt" or "data" not in message:
            return None
        item = message["data"][0]
        key = (message["arg"]["instId"], item["seqId"])
        return key, pair(item["bids"][0], item["asks"][0], size)
    if not message.get("topic", "").startswith("orderbook.1."):
        return None
    data = message["data"]
    return (data["s"], data["seq"]), pair(data["b"][0], data["a"][0], size)


def book_key(exchange: str, message: dict[str, Any]) -> tuple[str, Any] | None:
    """Return the key of a message that changes a book."""
    if exchange == "binance":
        data = message.get("data", message)
        return (data["s"], data["u"]) if data.get("e") == "depthUpdate" else None
    if exchange == "okx":
        if message["arg"]["channel"] != "books" or "data" not in message:
            return None
        return message["arg"]["instId"], message["data"][0]["seqId"]
    topic = message.get("topic", "")
    if not topic.startswith("orderbook.") or topic.startswith("orderbook.1."):
        return None
    return message["data"]["s"], message["data"]["seq"]


def size_of(case: Case) -> Decimal:
    if case.market == "coinm":
        return Decimal(100)
    return Decimal("0.01") if case.exchange == "okx" else Decimal(1)


def replay(case: Case) -> Iterator[tuple[str, Any, Best]]:
    """Yield ("sent" or "rebuilt", key, best prices) in the order of the tapes."""
    instruments = str(CAPTURES / case.instruments) if case.instruments else None
    normalizer = tl.Normalizer(exchange=case.exchange, market=case.market, instruments=instruments)
    for line in (line for tape in case.tapes for line in TapeReader(CAPTURES / tape)):
        if line.kind == "http":
            normalizer.push_reply(line.url, line.raw, line.recv_ns)
            continue
        normalizer.push([line.raw], [line.recv_ns])
        message = json.loads(line.raw)
        sent = best_sent(case.exchange, message, size_of(case))
        if sent is not None:
            yield "sent", *sent
        key = book_key(case.exchange, message)
        book = normalizer.book(key[0], depth=1) if key is not None else None
        if book is not None and book["state"] == "live":
            bid, ask = (
                (Decimal(price), Decimal(quantity))
                for price, quantity in (book["bids"][0], book["asks"][0])
            )
            yield "rebuilt", key, (bid, ask)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.tapes[0].partition(".")[0])
def test_best_prices_are_equal_at_every_shared_update(case: Case) -> None:
    seen: dict[str, dict[Any, Best]] = {"sent": {}, "rebuilt": {}}
    for kind, key, best in replay(case):
        seen[kind][key] = best

    shared = seen["sent"].keys() & seen["rebuilt"].keys()
    differences = [key for key in shared if seen["sent"][key] != seen["rebuilt"][key]]
    assert differences == []
    assert len(shared) >= case.shared


def okx_2022_states(damage: tuple[bytes, bytes] = (b"", b"")) -> dict[str, str]:
    normalizer = tl.Normalizer(
        exchange="okx", market="spot", instruments=str(CAPTURES / "okx_instruments.jsonl")
    )
    for line in TapeReader(CAPTURES / "okx_multi_20220513.jsonl"):
        normalizer.push([line.raw.replace(*damage) if damage[0] else line.raw], [line.recv_ns])
    books = [book for book in normalizer.books() if book["channel"] == "books"]
    return {book["raw_symbol"]: book["state"] for book in books}


def test_every_checksum_of_the_2022_recording_agrees() -> None:
    assert okx_2022_states() == {"BTC-USDT": "live", "UNI-USD-SWAP": "live"}


def test_one_wrong_checksum_ends_the_trust_in_its_book_alone() -> None:
    frames = [line.raw for line in TapeReader(CAPTURES / "okx_multi_20220513.jsonl")]
    last = next(
        json.loads(frame)["data"][0]["checksum"]
        for frame in reversed(frames)
        if b'"instId":"BTC-USDT"},"action":"update"' in frame
    )
    damage = (b'"checksum":%d}' % last, b'"checksum":%d}' % (last ^ 1))

    assert okx_2022_states(damage) == {"BTC-USDT": "unsynced", "UNI-USD-SWAP": "live"}
