"""A message as an operator's tool reads it from any bus."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tapeline.transport.topics import routing_key_of

READ_MESSAGES: Final = 500
"""So many are asked for at once."""

Back = Callable[[str], int]
"""Gives how many messages before the end of a topic are read first."""


@dataclass(frozen=True, slots=True)
class BusMessage:
    """One message as it lies on a bus."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()

    @property
    def routing_key(self) -> str | None:
        """Its routing key in either topic layout; None when it has none."""
        return routing_key_of(self.topic, self.key)
