"""OKX swap."""

from tapeline.simulator.okx.swap.venue import OkxSwap

__all__ = ["OkxSwap"]
