"""The façade over Rust for computing: decimals as floats."""

from tapeline._core import floats

__all__ = ["floats"]
