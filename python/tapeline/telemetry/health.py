"""Whether a process does its work: checks by name, each with a reason when it fails.

*Live* means that starting the process again would not help; *ready* that its data can be relied on:
streams arrive, the bus and the stores take what they are given.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from tapeline.telemetry.log import logger

_LOG = logger("tapeline.telemetry")
_LISTED_MAX: Final = 100

State = Literal["ok", "failing"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; ``reason`` says in a sentence why it fails."""

    name: str
    is_ok: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was looked at."""

    checks: tuple[Check, ...]

    @property
    def is_ok(self) -> bool:
        """Whether nothing fails."""
        return all(check.is_ok for check in self.checks)

    @property
    def state(self) -> State:
        """``ok`` or ``failing``."""
        return "ok" if self.is_ok else "failing"

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values: the state, how many checks, and those that fail."""
        failing = [check for check in self.checks if not check.is_ok]
        return {
            "status": self.state,
            "checks": len(self.checks),
            "failing": len(failing),
            "reasons": [
                {"name": check.name, "reason": check.reason} for check in failing[:_LISTED_MAX]
            ],
        }


Look = Callable[[], Iterable[Check]]


class Health:
    """The process's health. Readers run on the thread of whoever asks, so they must not wait."""

    def __init__(self) -> None:
        self._live: list[Look] = []
        self._ready: list[Look] = []

    def live_when(self, look: Look) -> None:
        """Ask ``look`` whether the process works at all."""
        self._live = [*self._live, look]

    def ready_when(self, look: Look) -> None:
        """Ask ``look`` whether the process's data can be relied on."""
        self._ready = [*self._ready, look]

    def live(self) -> Report:
        """Return whether the process works at all."""
        return _report(self._live)

    def ready(self) -> Report:
        """Return whether its data can be relied on; what is not live is not ready."""
        return _report([*self._live, *self._ready])


def _report(looks: Iterable[Look]) -> Report:
    checks: list[Check] = []
    for look in looks:
        try:
            checks += look()
        except Exception as error:  # noqa: BLE001 - a check that cannot be made fails
            _LOG.exception("a health check failed to run")
            checks.append(Check("health", False, f"a check cannot be made: {type(error).__name__}"))
    return Report(tuple(checks))


class Beat:
    """A loop that must go round: :meth:`tick` in the loop, :meth:`check` from anywhere.

    Parameters
    ----------
    name
        What stands still when it fails.
    monotonic_ns
        The clock.
    limit_s
        How long one round may take.
    """

    def __init__(self, name: str, monotonic_ns: Callable[[], int], limit_s: float = 30.0) -> None:
        self._name = name
        self._now_ns = monotonic_ns
        self._limit_ns = int(limit_s * 1e9)
        self._beat_ns = monotonic_ns()

    def tick(self) -> None:
        """Say that the loop went round."""
        self._beat_ns = self._now_ns()

    def check(self) -> list[Check]:
        """Return whether it went round lately."""
        still_ns = self._now_ns() - self._beat_ns
        if still_ns <= self._limit_ns:
            return [Check(self._name, True)]
        return [Check(self._name, False, f"it has stood still for {still_ns / 1e9:.0f} s")]
