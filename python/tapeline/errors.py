"""Every fault tapeline raises.

Bad market data is never an exception: it is graded or quarantined. These classes are for faults:
a wrong argument, a broken file, a peer that is not there. The first three classes are
made by the Rust core.

::

    TapelineError
     +-- ArgumentError      (also ValueError)  an argument is wrong (Rust raises it too)
     |    +-- InstrumentError                  an instrument list is broken or contradicts itself
     |    +-- UnknownNameError                 no data has this name
     +-- DecodeError        (also ValueError)  bytes are not a batch (Rust raises it too)
     +-- SettingsError                         a setting is unknown, mistyped or out of range
     +-- TapeError                             a tape cannot be read or written
     +-- ConnectError       retryable          a venue (or the simulator) could not be reached
     |    +-- ConnectRefusedError              it answered, and said no for good
     +-- TransportError     retryable          the bus did not take or give messages
     +-- BacktestError                         a run cannot be made, or its result not read
     |    +-- DataQualityError                 the data is not good enough for the policy
     |    +-- StrategyError                    a strategy cannot be loaded, or failed
     |         +-- LookAheadError              it used what it could not have known
     |         +-- StrategyTimeoutError        it did not end in time
     +-- StoreError                            a store did not take or give rows
          +-- StoreUnavailableError retryable  it cannot be reached, is full or is starting
          +-- StoreConflictError    retryable  somebody else has written in between
          +-- StoreFormatError                 what is there is not ours, damaged or newer
          +-- RowError                         a row can never be stored

``retryable`` says whether the same call may succeed later. Retry loops read it, never the message.
"""

from typing import ClassVar

from tapeline._core import ArgumentError, DecodeError, TapelineError


class InstrumentError(ArgumentError):
    """An instrument list cannot be read, or two of its lines contradict each other."""


class UnknownNameError(ArgumentError):
    """An exchange, a market, a symbol or a type that is not in the data."""


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


class BacktestError(TapelineError):
    """A run cannot be made of these settings and this data, or a result cannot be read."""


class DataQualityError(BacktestError):
    """The data has gaps, or events, that the policy refuses; the message names them."""


class StrategyError(BacktestError):
    """A strategy cannot be loaded, raised, or gave something that is no answer."""


class LookAheadError(StrategyError):
    """A strategy gave other targets when it could not see what came later."""


class StrategyTimeoutError(StrategyError):
    """A strategy did not end in the time it had."""


class StoreError(TapelineError):
    """A store did not take or give rows."""


class StoreUnavailableError(StoreError):
    """A store cannot be used now: not reachable, full, starting. The same call may work later."""

    retryable: ClassVar[bool] = True


class StoreConflictError(StoreError):
    """A store is further than the writer knew; read its progress and go on from there."""

    retryable: ClassVar[bool] = True


class StoreFormatError(StoreError):
    """What lies in a store is not ours, damaged, or from a newer version: a person is needed."""


class RowError(StoreError):
    """A store refuses a row for good; the others are welcome."""


__all__ = [
    "ArgumentError",
    "BacktestError",
    "ConnectError",
    "ConnectRefusedError",
    "DataQualityError",
    "DecodeError",
    "InstrumentError",
    "LookAheadError",
    "RowError",
    "SettingsError",
    "StoreConflictError",
    "StoreError",
    "StoreFormatError",
    "StoreUnavailableError",
    "StrategyError",
    "StrategyTimeoutError",
    "TapeError",
    "TapelineError",
    "TransportError",
    "UnknownNameError",
]
