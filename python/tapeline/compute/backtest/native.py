"""The façade over the Rust simulator."""

from tapeline._core import ContentHash, RunRows, Simulator

__all__ = ["ContentHash", "RunRows", "Simulator"]
