"""Tables in ClickHouse's Native format: the façade over the Rust coder."""

from tapeline._core import NativeEncoder

__all__ = ["NativeEncoder"]
