"""What a process that runs for long does once it has everything it needs."""

import gc
from typing import Final

_OBJECTS: Final = 50_000
"""New objects between two looks of the collector."""


def settle_in() -> None:
    """Spare the collector of cycles what lives as long as the process, and most of its looks.

    Messages, batches and marks come and go by the thousand a second and are no cycles; looking at
    all of them again and again took 0.08 µs of CPU time for each row of a store that reads Kafka.
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS)
