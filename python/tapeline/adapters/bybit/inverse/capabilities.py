"""What the topics of Bybit inverse contracts can prove."""

from tapeline.adapters.bybit.capabilities import books, contracts, trades

_QUANTITY = "contracts of 1 USD"

CAPABILITIES = (
    trades(_QUANTITY, "i, a UUID", "recorded messages of 2026"),
    *books(_QUANTITY),
    *contracts(_QUANTITY),
)
