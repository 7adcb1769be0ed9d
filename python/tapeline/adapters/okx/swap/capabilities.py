"""What the channels of OKX swaps can prove."""

from tapeline.adapters.okx.capabilities import BOOKS, DERIVATIVES, TRADES

CAPABILITIES = (*TRADES, *BOOKS, *DERIVATIVES)
