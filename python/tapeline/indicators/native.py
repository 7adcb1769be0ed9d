"""The façade over the Rust indicators."""

from tapeline._core import IndicatorStream

__all__ = ["IndicatorStream"]
