"""What every command that runs for long offers: metrics, health and the listener of both."""

import os
import platform
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from tapeline.telemetry.health import Health
from tapeline.telemetry.listener import Address, parse_address, serve
from tapeline.telemetry.metrics import Metrics, Reading


class Observed(Protocol):
    """The settings of a command that can be observed."""

    @property
    def metrics(self) -> str | None:
        """``HOST:PORT``, None for no listener."""
        ...

    @property
    def metrics_host(self) -> str:
        """The host where :attr:`metrics` has none."""
        ...

    @property
    def metrics_port(self) -> int:
        """The port where there is no :attr:`metrics`; 0 is none."""
        ...


@dataclass(frozen=True, slots=True)
class ObservedAt:
    """The settings of a command that has none but an address."""

    metrics: str | None
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 0


def address_of(settings: Observed) -> Address | None:
    """Return where to listen, None for nowhere.

    Raises
    ------
    SettingsError
        The address is malformed.
    """
    if settings.metrics is not None:
        return parse_address(settings.metrics, settings.metrics_host)
    return Address(settings.metrics_host, settings.metrics_port) if settings.metrics_port else None


def next_address(settings: Observed, further: int = 1) -> str | None:
    """Return the address ``further`` ports on, for another process of the same command.

    Raises
    ------
    SettingsError
        The address is malformed, or there is no such port.
    """
    address = address_of(settings)
    if address is None:
        return None
    host = f"[{address.host}]" if ":" in address.host else address.host
    parse_address(found := f"{host}:{address.port + further}")
    return found


@contextmanager
def observed(
    role: str, settings: Observed, metrics: Metrics, health: Health, places: Iterable[Path] = ()
) -> Iterator[None]:
    """Answer ``/metrics`` and ``/health`` while the block runs, where the settings say so.

    Parameters
    ----------
    role
        ``collect``, ``store``, ``serve``: a label of the build's metric.
    places
        Folders where data is written: how full their disks are is shown.

    Raises
    ------
    SettingsError
        Nothing can listen there.
    """
    metrics.gauge(
        "tapeline_apps_build_info",
        role=role,
        version=version("tapeline"),
        python=platform.python_version(),
    ).set(1)
    metrics.read_from(_disks(list(places)))
    address = address_of(settings)
    if address is None:
        yield
        return
    stop = serve(address, metrics, health)
    try:
        yield
    finally:
        stop()


def _disks(places: list[Path]) -> Callable[[], Iterator[Reading]]:
    def read() -> Iterator[Reading]:
        for place in places:
            there = next((each for each in (place, *place.parents) if each.exists()), None)
            if there is None:
                continue
            found = os.statvfs(there)
            labels = {"place": str(place.absolute())}
            yield "tapeline_apps_disk_free_bytes", labels, found.f_bavail * found.f_frsize
            yield "tapeline_apps_disk_size_bytes", labels, found.f_blocks * found.f_frsize

    return read
