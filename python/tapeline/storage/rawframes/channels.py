"""Which channel a frame is of, to put like with like: nothing depends on it but size."""

import re
from typing import Final

from tapeline.tape import TapeFrame

_STREAM: Final = re.compile(rb'"(?:stream|topic|channel)"\s*:\s*"([^"\\]{1,100})"')
_EVENT: Final = re.compile(rb'"e"\s*:\s*"([A-Za-z0-9_]{1,40})"')
_HEAD: Final = 400


def channel_of(frame: TapeFrame) -> str:
    """Return ``depth``, ``orderbook.50``, ``trades``, ``http-depth`` or ``other``."""
    if frame.kind == "http":
        return "http-" + frame.url.partition("?")[0].rstrip("/").rpartition("/")[2][:40]
    head = frame.raw[:_HEAD]
    found = _STREAM.search(head)
    if found is None:
        found = _EVENT.search(head)
        return "other" if found is None else found[1].decode()
    name = found[1].decode("utf-8", "replace")
    if "@" in name:
        # Binance: btcusdt@depth@100ms
        return name.split("@")[1]
    # Bybit: orderbook.50.BTCUSDT; OKX: books
    parts = name.split(".")
    return ".".join(parts[:-1]) if len(parts) > 1 else name
