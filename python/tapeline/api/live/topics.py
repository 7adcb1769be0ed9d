"""What can be subscribed to: a type, an exchange, a market and a symbol."""

import re
from typing import Final, NamedTuple

EVENT_TYPES: Final = ("trade", "funding", "liquidation", "coverage")
"""Types of which every event counts."""
STATE_TYPES: Final = ("book", "bbo")
"""Types of which the latest state counts."""
TYPES: Final = (*EVENT_TYPES, *STATE_TYPES)

_NAME: Final = re.compile(r"[a-z0-9_-]{1,64}")
_SYMBOL: Final = re.compile(r"[^\x00-\x20\x7f\"<>\\]{1,64}")


class TopicKey(NamedTuple):
    """Names a topic."""

    type: str
    """One of :data:`TYPES`."""
    exchange: str
    market: str
    symbol: str
    """Normalised: ``BTC/USDT``."""

    @property
    def is_state(self) -> bool:
        """Whether only its latest state counts."""
        return self.type in STATE_TYPES


def fault_of(key: TopicKey) -> tuple[str, str] | None:
    """Return code and message of what is wrong with a topic's names; None when nothing is."""
    if key.type not in TYPES:
        return "unknown_type", f"types are {', '.join(TYPES)}"
    if not (_NAME.fullmatch(key.exchange) and _NAME.fullmatch(key.market)):
        return "bad_name", "exchange and market are 1 to 64 of a-z, 0-9, _ and -"
    if not _SYMBOL.fullmatch(key.symbol):
        return "bad_name", "symbol is 1 to 64 characters without spaces, quotes and controls"
    return None
