"""How operators' tools read any bus."""

from collections.abc import Callable
from typing import Final

READ_MESSAGES: Final = 500
"""So many are asked for at once."""

Back = Callable[[str], int]
"""Gives how many messages before the end of a topic are read first."""
