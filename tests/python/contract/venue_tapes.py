"""Small tapes of every venue, spelled by its documents, and the books they must lead to."""

import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from tapeline.tape import TapeFrame

START_MS = 1_790_000_000_000
STEP_NS = 1_000_000
#: Updates before the pause of a tape.
AT_ONCE = 10

Book = tuple[dict[str, str], dict[str, str]]


class BookTape(NamedTuple):
    """Frames of one book, and what it is in the end: price -> quantity, bids and asks."""

    frames: list[TapeFrame]
    final: Book


def _changes(count: int, seed: int) -> Iterator[tuple[list[list[str]], list[list[str]]]]:
    """Yield changes of both sides, at most 45 levels each; every one set or taken away."""
    chooser = random.Random(seed)
    for _ in range(count):
        bids = [[f"{chooser.randrange(955, 1_000) / 10:.1f}", _size(chooser)] for _ in range(2)]
        asks = [[f"{chooser.randrange(1_001, 1_046) / 10:.1f}", _size(chooser)] for _ in range(2)]
        yield _once(bids), _once(asks)


def _size(chooser: random.Random) -> str:
    return "0" if chooser.random() < 0.3 else f"{chooser.randrange(1, 900) / 100:.2f}"


def _once(levels: list[list[str]]) -> list[list[str]]:
    return [list(level) for level in {price: size for price, size in levels}.items()]  # noqa: C416


FIRST: Book = ({"99.0": "1.00", "98.5": "2.00"}, {"101.0": "1.50", "101.5": "0.50"})


def applied(book: Book, bids: Sequence[Sequence[Any]], asks: Sequence[Sequence[Any]]) -> None:
    """Set levels in a book; quantity zero takes one away."""
    for side, levels in zip(book, (bids, asks), strict=True):
        for price, size, *_ in levels:
            if float(size) == 0:
                side.pop(price, None)
            else:
                side[price] = size


def _levels(side: dict[str, str]) -> list[list[str]]:
    return [[price, size] for price, size in side.items()]


def _line(number: int, url: str, message: object, kind: str = "ws") -> TapeFrame:
    at = START_MS * 1_000_000 + number * STEP_NS
    return TapeFrame(at, url, kind, orjson.dumps(message))  # type: ignore[arg-type]


def binance(market: str, count: int = 400, seed: int = 1, pause_ns: int = 0) -> BookTape:
    """Return a REST snapshot and diff depth of BTCUSDT; futures updates carry ``pu``.

    Behind the first updates there is a pause in which a client may ask for its snapshot.
    """
    path = {"spot": "/api/v3", "usdm": "/fapi/v1", "coinm": "/dapi/v1"}[market]
    symbol = "BTCUSD_PERP" if market == "coinm" else "BTCUSDT"
    name = f"{symbol.lower()}@depth@100ms"
    book: Book = (dict(FIRST[0]), dict(FIRST[1]))
    bids, asks = _levels(book[0]), _levels(book[1])
    snapshot = {"lastUpdateId": 1_000, "bids": bids, "asks": asks}
    if market != "spot":
        snapshot |= {"E": START_MS, "T": START_MS}
    rest = f"https://x{path}/depth?symbol={symbol}&limit=1000"
    frames = [_line(0, rest, snapshot, "http")]
    last = 1_000
    for number, (bids, asks) in enumerate(_changes(count, seed), 1):
        applied(book, bids, asks)
        step = 3 if market == "spot" else 7
        data: dict[str, Any] = {"e": "depthUpdate", "E": START_MS + number, "s": symbol}
        data |= {"U": last + (1 if market == "spot" else 4), "u": last + step}
        if market != "spot":
            data |= {"pu": last}
        data |= {"b": bids, "a": asks}
        last += step
        line = _line(number, "wss://x/stream", {"stream": name, "data": data})
        if number > AT_ONCE:
            line = line._replace(recv_ns=START_MS * 1_000_000 + number * STEP_NS + pause_ns)
        frames.append(line)
    return BookTape(frames, book)


def okx(count: int = 400, seed: int = 2) -> BookTape:
    """Return a ``books`` snapshot and updates of BTC-USDT-SWAP."""
    arg = {"channel": "books", "instId": "BTC-USDT-SWAP"}
    book: Book = (dict(FIRST[0]), dict(FIRST[1]))
    url = "wss://ws.okx.com:8443/ws/v5/public"

    def element(bids: Any, asks: Any, sequence: int, previous: int) -> dict[str, Any]:  # noqa: ANN401
        return {
            "asks": [[*level, "0", "1"] for level in asks],
            "bids": [[*level, "0", "1"] for level in bids],
            "ts": str(START_MS),
            "checksum": 0,
            "seqId": sequence,
            "prevSeqId": previous,
        }

    whole = element(_levels(book[0]), _levels(book[1]), 5_000, -1)
    frames = [_line(0, url, {"arg": arg, "action": "snapshot", "data": [whole]})]
    last = 5_000
    for number, (bids, asks) in enumerate(_changes(count, seed), 1):
        applied(book, bids, asks)
        data = [element(bids, asks, last + number % 9 + 1, last)]
        last += number % 9 + 1
        frames.append(_line(number, url, {"arg": arg, "action": "update", "data": data}))
    return BookTape(frames, book)


def bybit(category: str, count: int = 400, seed: int = 3) -> BookTape:
    """Return ``orderbook.50`` of BTCUSDT; spot has ``ts`` before ``type``."""
    book: Book = (dict(FIRST[0]), dict(FIRST[1]))
    url = f"wss://stream.bybit.com/v5/public/{category}"

    def message(kind: str, bids: Any, asks: Any, update: int) -> dict[str, Any]:  # noqa: ANN401
        data = {"s": "BTCUSDT", "b": bids, "a": asks, "u": update, "seq": update * 11}
        head: dict[str, Any] = {"topic": "orderbook.50.BTCUSDT"}
        middle = {"type": kind, "ts": START_MS}
        if category == "spot":
            middle = {"ts": START_MS, "type": kind}
        return head | middle | {"data": data, "cts": START_MS}

    frames = [_line(0, url, message("snapshot", _levels(book[0]), _levels(book[1]), 70))]
    for number, (bids, asks) in enumerate(_changes(count, seed), 1):
        applied(book, bids, asks)
        frames.append(_line(number, url, message("delta", bids, asks, 70 + number)))
    return BookTape(frames, book)
