"""OKX spot."""

from tapeline.simulator.okx.spot.venue import OkxSpot

__all__ = ["OkxSpot"]
