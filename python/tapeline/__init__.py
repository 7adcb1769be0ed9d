"""Crypto market data with every frame accounted for: exact, graded, fast.

>>> import tapeline as tl
>>> normalizer = tl.Normalizer(exchange="binance", market="spot")
>>> data = tl.open("parquet:./data")

Names are imported when they are first used, so that ``import tapeline`` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tapeline import indicators
    from tapeline.access.books import Book
    from tapeline.access.coverage import Coverage
    from tapeline.access.frames import Frame, Frames
    from tapeline.access.source import DataSource
    from tapeline.apps.access import open
    from tapeline.apps.normalizer import Normalizer, load_instruments
    from tapeline.errors import (
        ArgumentError,
        ConnectError,
        DecodeError,
        InstrumentError,
        SettingsError,
        StoreError,
        TapeError,
        TapelineError,
        TransportError,
    )
    from tapeline.model import Instrument
    from tapeline.wire.native import decode

    __version__: str

_HOME = {
    "ArgumentError": "tapeline.errors",
    "Book": "tapeline.access.books",
    "ConnectError": "tapeline.errors",
    "Coverage": "tapeline.access.coverage",
    "DataSource": "tapeline.access.source",
    "DecodeError": "tapeline.errors",
    "Frame": "tapeline.access.frames",
    "Frames": "tapeline.access.frames",
    "Instrument": "tapeline.model",
    "InstrumentError": "tapeline.errors",
    "Normalizer": "tapeline.apps.normalizer",
    "SettingsError": "tapeline.errors",
    "StoreError": "tapeline.errors",
    "TapeError": "tapeline.errors",
    "TapelineError": "tapeline.errors",
    "TransportError": "tapeline.errors",
    "decode": "tapeline.wire.native",
    "load_instruments": "tapeline.apps.normalizer",
    "open": "tapeline.apps.access",
}

__all__ = [
    "ArgumentError",
    "Book",
    "ConnectError",
    "Coverage",
    "DataSource",
    "DecodeError",
    "Frame",
    "Frames",
    "Instrument",
    "InstrumentError",
    "Normalizer",
    "SettingsError",
    "StoreError",
    "TapeError",
    "TapelineError",
    "TransportError",
    "__version__",
    "decode",
    "indicators",
    "load_instruments",
    "open",
]


def __getattr__(name: str) -> object:
    value: object
    if name == "__version__":
        from importlib.metadata import version

        value = version("tapeline")
    elif name == "indicators":
        value = import_module("tapeline.indicators")
    elif name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    else:
        raise AttributeError(f"module 'tapeline' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
