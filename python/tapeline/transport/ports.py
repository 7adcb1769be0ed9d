"""What every bus implementation promises to the collector."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

Message: TypeAlias = tuple[str, bytes, bytes]
"""``(routing key, message key, value)``; the routing key is ``type.exchange.market.symbol``."""

AckHook: TypeAlias = Callable[[int, int], None]
"""Called from :meth:`MessageSink.poll` with ``(latency_ns, n_messages)``: from send to
acknowledged."""


@dataclass(frozen=True, slots=True)
class DeliveryStats:
    """Where the messages of one sink are, counted in messages since it was opened.

    ``sent + recovered == acknowledged + failed + in_flight + spooled`` at every instant.
    """

    sent: int
    """Taken over by ``send``."""
    recovered: int
    """Found in the spool of an earlier run when the sink was opened."""
    acknowledged: int
    """Reported as stored by the bus: what that means is the implementation's, see
    docs/transport.md."""
    in_flight: int
    """Handed to the bus (or to the writing thread), no answer yet."""
    spooled: int
    """Safe in the local spool, waiting for the bus."""
    redelivered: int
    """Handed to the bus a second time because the first outcome was a failure or unknown."""
    failed: int
    """Refused by the bus for good and kept in the dead-letter file."""

    @property
    def pending(self) -> int:
        """Messages that have neither been acknowledged nor refused."""
        return self.in_flight + self.spooled


@dataclass(frozen=True, slots=True)
class CloseReport:
    """What became of the messages; ``lost`` is 0 unless the local disk failed as well."""

    delivered: int
    spooled: int
    failed: int
    lost: int


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a bus promises beyond carrying bytes unchanged."""

    is_lossy: bool = False
    """A slow or absent reader misses messages; it can tell how many."""
    keeps: bool = True
    """A reader that comes later finds what was sent before."""


class MessageSink(Protocol):
    """A bus that takes messages; one that is not lossy never drops one.

    One thread owns a sink: every method is called from the event loop's thread. ``send`` and
    ``poll`` do not wait for the bus.
    """

    def create_topics(self, topics: Sequence[str]) -> None:
        """Make the topics of these routing keys; a bus that is away makes them when it is back.

        Raises
        ------
        ArgumentError
            A routing key breaks the naming rules; nothing has been created.
        """
        ...

    @property
    def is_ready(self) -> bool:
        """Whether the topics that were asked for are there: before, messages wait on this side."""
        ...

    def send(self, messages: Sequence[Message]) -> None:
        """Take over messages, in order.

        Raises
        ------
        ArgumentError
            A routing key breaks the naming rules.
        TransportError
            Neither the bus nor the local disk can take them.

        Notes
        -----
        When it raises, none of these messages has been taken: send all of them again later.
        """
        ...

    def poll(self) -> None:
        """Do what is due: acknowledgements, resends, spool. Call it at least 10 times a second."""
        ...

    def stats(self) -> DeliveryStats:
        """Count where the messages are now."""
        ...

    def close(self, deadline_s: float) -> CloseReport:
        """Deliver for at most ``deadline_s`` seconds, spool the rest, let go of everything."""
        ...
