"""What the channels of OKX spot can prove."""

from tapeline.adapters.okx.capabilities import BOOKS, TRADES

CAPABILITIES = (*TRADES, *BOOKS)
