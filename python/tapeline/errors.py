"""Every fault tapeline raises.

Bad market data is never an exception: it is graded or quarantined. These classes are for faults:
a wrong argument, a broken file, a peer that is not there. The first three classes are
made by the Rust core.

::

    TapelineError
     +-- ArgumentError      (also ValueError)  an argument is wrong (Rust raises it too)
     |    +-- InstrumentError                  an instrument list is broken or contradicts itself
     +-- DecodeError        (also ValueError)  bytes are not a batch (Rust raises it too)
     +-- SettingsError                         a setting is unknown, mistyped or out of range
     +-- TapeError                             a tape cannot be read or written
     +-- ConnectError       retryable          a venue (or the simulator) could not be reached
     |    +-- ConnectRefusedError              it answered, and said no for good
     +-- TransportError     retryable          the bus did not take or give messages

``retryable`` says whether the same call may succeed later. Retry loops read it, never the message.
"""

from typing import ClassVar

from tapeline._core import ArgumentError, DecodeError, TapelineError


class InstrumentError(ArgumentError):
    """An instrument list cannot be read, or two of its lines contradict each other."""


class SettingsError(TapelineError):
    """A setting is unknown, has the wrong type or is out of range."""


class TapeError(TapelineError):
    """A tape cannot be read or written; the message names the file and the line."""


class ConnectError(TapelineError):
    """A venue could not be reached, or gave the connection up."""

    retryable: ClassVar[bool] = True


class ConnectRefusedError(ConnectError):
    """A venue answered the connection attempt and refused it for good."""

    retryable: ClassVar[bool] = False


class TransportError(TapelineError):
    """The bus did not take or give messages."""

    retryable: ClassVar[bool] = True


__all__ = [
    "ArgumentError",
    "ConnectError",
    "ConnectRefusedError",
    "DecodeError",
    "InstrumentError",
    "SettingsError",
    "TapeError",
    "TapelineError",
    "TransportError",
]
