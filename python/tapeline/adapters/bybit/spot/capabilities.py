"""What the topics of Bybit spot can prove."""

from tapeline.adapters.bybit.capabilities import books, trades

CAPABILITIES = (
    trades("base", "i, digits; grows, with holes", "recordings of 2026"),
    *books("base"),
)
