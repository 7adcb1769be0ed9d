"""What a recorded tape must give, worked out with ``json`` and ``decimal`` alone.

Written from the venues' documents and the recordings, apart from the adapters: one row a message
element, as (event type, raw symbol, facts).
"""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

MS = 1_000_000
Message = dict[str, Any]


class Row(NamedTuple):
    """One event: its type, the venue's symbol, and the facts by column."""

    kind: str
    raw_symbol: str
    facts: dict[str, Any]


Read = Callable[[str, dict[str, Decimal]], Iterator[Row | str]]
"""Reads a frame, given what contracts stand for."""


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield a tape's lines."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as tape:
        yield from map(json.loads, tape)


def contract_sizes(path: Path) -> dict[str, Decimal]:
    """Return what a contract stands for, from a tape of OKX or Binance COIN-M lists."""
    sizes: dict[str, Decimal] = {}
    for line in lines(path):
        reply = json.loads(line["raw"])
        if "okx.com" in line["url"]:
            for item in reply["data"]:
                if item["ctVal"]:
                    sizes[item["instId"]] = Decimal(item["ctVal"]) * Decimal(item["ctMult"] or 1)
        elif "/dapi/" in line["url"]:
            for item in reply["symbols"]:
                sizes[item["symbol"]] = Decimal(item["contractSize"])
    return sizes


def expected(exchange: str, path: Path, sizes: dict[str, Decimal]) -> Iterator[Row | str]:
    """Yield a tape's events in order; a text names a message that is no event."""
    for _, found in expected_of_lines(exchange, lines(path), sizes):
        yield from found


def expected_of_lines(
    exchange: str, tape: Iterable[dict[str, Any]], sizes: dict[str, Decimal]
) -> Iterator[tuple[dict[str, Any], list[Row | str]]]:
    """Yield each line with its events."""
    readers: dict[str, Read] = {"binance": binance, "okx": okx, "bybit": Bybit()}
    read = readers[exchange]
    for line in tape:
        if line["kind"] == "http":
            yield line, list(reply_rows(line["url"], line["raw"], sizes))
        else:
            yield line, list(read(line["raw"], sizes))


def reply_rows(url: str, raw: str, sizes: dict[str, Decimal]) -> Iterator[Row | str]:
    """Read a REST reply; only Binance's book snapshots occur in the recordings."""
    parts = urlsplit(url)
    if not parts.path.endswith("/v1/depth") and not parts.path.endswith("/v3/depth"):
        yield f"GET {parts.path.lstrip('/')}"
        return
    reply = json.loads(raw)
    symbol = parse_qs(parts.query)["symbol"][0]
    time = reply.get("T", reply.get("E"))
    yield book(
        symbol, 2, "snapshot", "rest", (None, reply["lastUpdateId"], None),
        (reply["bids"], reply["asks"]), time, size_of(sizes, symbol),
    )  # fmt: skip


def size_of(sizes: dict[str, Decimal], symbol: str) -> Decimal:
    """Return the factor from the venue's quantity to ours."""
    return sizes.get(symbol, Decimal(1))


def book(
    symbol: str,
    depth: int,
    action: str,
    origin: str,
    ids: tuple[int | None, int | None, int | None],
    sides: tuple[list[Any], list[Any]],
    time: Any,  # noqa: ANN401 - as recorded
    size: Decimal,
) -> Row:
    """Make the row of an order-book message."""
    first, last, prev = ids
    bids, asks = (
        [(Decimal(level[0]), Decimal(level[1]) * size) for level in side] for side in sides
    )
    facts = {
        "depth": depth,
        "action": action,
        "origin": origin,
        "first_update_id": first,
        "last_update_id": last,
        "prev_update_id": None if prev == -1 else prev,
        "bids": bids,
        "asks": asks,
        "timestamp_ns": None if time is None else int(time) * MS,
    }
    return Row("orderbook", symbol, facts)


def trade(symbol: str, number: object, price: str, quantity: Decimal, side: str, time: Any) -> Row:  # noqa: ANN401
    """Make the row of a trade."""
    facts = {
        "native_id": str(number),
        "price": Decimal(price),
        "quantity": quantity,
        "side": side,
        "timestamp_ns": int(time) * MS,
    }
    return Row("trade", symbol, facts)


def binance(raw: str, sizes: dict[str, Decimal]) -> Iterator[Row | str]:
    """Read a frame of any Binance market."""
    frame = json.loads(raw)
    stream, data = (frame["stream"], frame["data"]) if "stream" in frame else ("", frame)
    if isinstance(data, list):
        if data[0]["e"] != "markPriceUpdate":
            yield f"{data[0]['e']}[]"
            return
        yield from (binance_funding(each) for each in data)
        return
    if "result" in data:
        yield "control"
        return
    yield binance_row(stream, data, sizes)


def binance_row(stream: str, data: Message, sizes: dict[str, Decimal]) -> Row | str:
    """Read the message of one stream."""
    event = data.get("e")
    channel = stream.partition("@")[2]
    if event is None and "lastUpdateId" in data:
        symbol = stream.partition("@")[0].upper()
        ids = (None, data["lastUpdateId"], None)
        return book(
            symbol, 2, "snapshot", "wire", ids, (data["bids"], data["asks"]), None,
            size_of(sizes, symbol),
        )  # fmt: skip
    size = size_of(sizes, data.get("s", ""))
    if event in {"trade", "aggTrade"}:
        side = "sell" if data["m"] else "buy"
        number = data["t" if event == "trade" else "a"]
        return trade(data["s"], number, data["p"], Decimal(data["q"]) * size, side, data["T"])
    if event == "bookTicker" or (event is None and "B" in data):
        sides = ([[data["b"], data["B"]]], [[data["a"], data["A"]]])
        ids = (None, data["u"], None)
        return book(data["s"], 1, "snapshot", "wire", ids, sides, data.get("T"), size)
    if event == "depthUpdate":
        is_partial = channel.startswith("depth") and channel[5:6].isdigit()
        ids = (data["U"], data["u"], data.get("pu"))
        return book(
            data["s"], 2, "snapshot" if is_partial else "delta", "wire", ids,
            (data["b"], data["a"]), data.get("T", data["E"]), size,
        )  # fmt: skip
    if event == "markPriceUpdate":
        return binance_funding(data)
    if event == "forceOrder":
        return binance_liquidation(data["o"], size)
    return str(event)


def binance_funding(data: Message) -> Row:
    """Read a mark-price update."""
    facts = {
        "rate": Decimal(data["r"]) if data["r"] else None,
        "mark_price": Decimal(data["p"]),
        "index_price": Decimal(data["i"]) if "i" in data else None,
        "next_funding_ns": int(data["T"]) * MS or None,
        "timestamp_ns": int(data["E"]) * MS,
    }
    return Row("funding", data["s"], facts)


def binance_liquidation(order: Message, size: Decimal) -> Row:
    """Read a forced order; its side is the order's."""
    facts = {
        "side": order["S"].lower(),
        "price": Decimal(order["p"]),
        "average_price": Decimal(order["ap"]),
        "quantity": Decimal(order["q"]) * size,
        "status": order["X"],
        "timestamp_ns": int(order["T"]) * MS,
    }
    return Row("liquidation", order["s"], facts)


def okx(raw: str, sizes: dict[str, Decimal]) -> Iterator[Row | str]:
    """Read a frame of OKX."""
    frame = json.loads(raw)
    if "event" in frame:
        yield "control"
        return
    channel, action = frame["arg"]["channel"], frame.get("action")
    depths = {"books": 2, "books-l2-tbt": 2, "books5": 2, "bbo-tbt": 1}
    known = {"trades", "trades-all", "funding-rate", "liquidation-orders", *depths}
    if channel not in known:
        yield channel
        return
    for item in frame["data"]:
        symbol = item.get("instId", frame["arg"].get("instId"))
        size = size_of(sizes, symbol)
        if channel in depths:
            action = {"update": "delta"}.get(action, "snapshot")
            ids = (None, item.get("seqId"), item.get("prevSeqId"))
            sides = (item["bids"], item["asks"])
            yield book(symbol, depths[channel], action, "wire", ids, sides, item["ts"], size)
        elif channel == "funding-rate":
            yield okx_funding(symbol, item)
        elif channel == "liquidation-orders":
            yield from (okx_liquidation(symbol, each, size) for each in item["details"])
        else:
            quantity = Decimal(item["sz"]) * size
            yield trade(symbol, item["tradeId"], item["px"], quantity, item["side"], item["ts"])


def okx_funding(symbol: str, item: Message) -> Row:
    """Read a funding rate; ``fundingTime`` is the coming settlement."""
    coming, after = int(item["fundingTime"]), int(item.get("nextFundingTime") or 0)
    facts = {
        "rate": Decimal(item["fundingRate"]),
        "mark_price": None,
        "index_price": None,
        "next_funding_ns": coming * MS,
        "interval_ns": (after - coming) * MS if after else None,
        "timestamp_ns": int(item["ts"]) * MS if "ts" in item else None,
    }
    return Row("funding", symbol, facts)


def okx_liquidation(symbol: str, detail: Message, size: Decimal) -> Row:
    """Read a forced order; its side is the order's."""
    facts = {
        "side": detail["side"],
        "price": Decimal(detail["bkPx"]),
        "average_price": None,
        "quantity": Decimal(detail["sz"]) * size,
        "timestamp_ns": int(detail["ts"]) * MS,
    }
    return Row("liquidation", symbol, facts)


class Bybit:
    """Reads frames of Bybit v5, older ones are named; the frames of a ticker say what changed."""

    def __init__(self) -> None:
        self._tickers: dict[str, Message] = {}

    def __call__(self, raw: str, _sizes: dict[str, Decimal]) -> Iterator[Row | str]:
        """Read a frame."""
        frame = json.loads(raw)
        topic = frame.get("topic")
        if topic is None:
            yield "control"
            return
        head, data, kind = topic.split(".")[0], frame["data"], frame.get("type")
        if head == "publicTrade":
            for item in data:
                quantity, side = Decimal(item["v"]), item["S"].lower()
                yield trade(item["s"], item["i"], item["p"], quantity, side, item["T"])
        elif head == "orderbook":
            depth = 1 if topic.split(".")[1] == "1" else 2
            yield book(
                data["s"], depth, kind, "wire", (None, data["u"], None), (data["b"], data["a"]),
                frame["cts"], Decimal(1),
            )  # fmt: skip
        elif head == "allLiquidation":
            yield from map(bybit_liquidation, data)
        elif head == "tickers":
            yield self._funding(frame)
        else:
            name = topic.rpartition(".")[0]
            yield f"{name} {kind}" if kind else name

    def _funding(self, frame: Message) -> Row:
        symbol = frame["data"]["symbol"]
        known = {} if frame["type"] == "snapshot" else self._tickers[symbol]
        state = self._tickers[symbol] = known | frame["data"]
        facts = {
            "rate": Decimal(state["fundingRate"]),
            "mark_price": Decimal(state["markPrice"]),
            "index_price": Decimal(state["indexPrice"]),
            "next_funding_ns": int(state["nextFundingTime"]) * MS,
            "timestamp_ns": int(frame["ts"]) * MS,
        }
        return Row("funding", symbol, facts)


def bybit_liquidation(item: Message) -> Row:
    """Read a liquidation; ``S`` is the side of the position that was closed."""
    facts = {
        "side": {"Buy": "sell", "Sell": "buy"}[item["S"]],
        "price": Decimal(item["p"]),
        "average_price": None,
        "quantity": Decimal(item["v"]),
        "timestamp_ns": int(item["T"]) * MS,
    }
    return Row("liquidation", item["s"], facts)
