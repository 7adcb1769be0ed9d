"""Memory of one block that the next one takes over."""

from typing import Final

import numpy as np

_PIECE_BYTES: Final = 31 * 1024 * 1024
"""The GNU library learns from pieces of at most 32 MiB."""


def keep_freed_memory() -> None:
    """Have the C library keep the arrays of a block for those of the next.

    The GNU library gives each large array back to the system when it is freed, and the system has
    to find and clear its pages anew for the next: an eighth of a run's time. It stops doing so for
    sizes it has seen freed, so it is shown a large one, none of whose pages is ever touched. Other
    libraries do not mind.
    """
    np.empty(_PIECE_BYTES, np.uint8)
