"""What ``tapeline up`` serves: its own stores and its own bus."""

import socket
import sys
from collections.abc import Sequence

from tapeline.apps.serve_settings import ServeSettings
from tapeline.storage.targets import Kind, parse_target


def served(
    targets: Sequence[str], transport: str, port: int, metrics: str | None = None
) -> ServeSettings | None:
    """Return the settings of the server; None where none of the stores can be read.

    Parameters
    ----------
    port
        Where it is taken, a free one is chosen.
    metrics
        Where its metrics and health are; None for nowhere.
    """
    readable = tuple(text for text in targets if parse_target(text).kind is not Kind.REDIS)
    if not readable:
        return None
    free = port if _is_free(port) else 0
    if free != port:
        sys.stderr.write(f"port {port} is taken: the dashboard gets a free one\n")
    return ServeSettings(data=readable, transport=transport, port=free, metrics=metrics)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
