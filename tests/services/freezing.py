"""Freezing a process of a service, so that it answers nothing from a known moment on."""

import os
import signal
import time
from pathlib import Path
from typing import Final

_WITHIN_S: Final = 60


def freeze(process: int) -> None:
    """Stop a process and wait until it stands still: what is sent before might still be taken."""
    os.kill(process, signal.SIGSTOP)
    end = time.monotonic() + _WITHIN_S
    # What follows the name, which may hold anything, begins with the state.
    while Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] not in "TZX":
        assert time.monotonic() < end, f"process {process} goes on"
        time.sleep(0.005)
