"""The processes of ``tapeline up``: started, watched, started again, ended in order."""

import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import orjson

from tapeline.telemetry.clock import Clock
from tapeline.telemetry.log import logger

_LOG = logger("tapeline.apps.up")
_WAITS_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
_WELL_S: Final = 60.0
"""After so long a process is taken for healthy, and the next wait begins small again."""
_SHOWN_S: Final = 10.0
"""A fault stays in sight until its process has run again for so long."""
_LOG_BYTES_MAX: Final = 16 * 1024 * 1024

State = Literal["running", "waiting", "ended", "failed"]


@dataclass(slots=True)
class Told:
    """What a process has told so far."""

    status: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] | None = None
    fault: str | None = None
    is_for_good: bool = False


class Child:
    """One process, which is started again when it dies.

    Parameters
    ----------
    role
        ``collect``, ``store`` or ``serve``.
    settings
        Of that command, as plain JSON values.
    log
        File its log is appended to.
    keeps_trying
        Also after a fault that no trying heals: somebody may repair it meanwhile.
    """

    def __init__(
        self, role: str, settings: dict[str, Any], log: Path, clock: Clock, *, keeps_trying: bool
    ) -> None:
        self.role = role
        self.state: State = "waiting"
        self.restarts = -1
        self.told = Told()
        self.log = log
        self._order = {"role": role, "settings": settings}
        self._clock = clock
        self._keeps_trying = keeps_trying
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._is_ending = False
        self._failures = 0
        self._fault_of_this_run: str | None = None
        self._due_ns = self._started_ns = clock.monotonic_ns()

    @property
    def pid(self) -> int | None:
        """The process's id, while there is one."""
        return None if self._process is None else self._process.pid

    def tend(self) -> None:
        """Look after it: call this a few times a second."""
        now = self._clock.monotonic_ns()
        if self.state == "running" and self._process is not None:
            status = self._process.poll()
            if status is not None:
                self._ended(status, now)
            elif now - self._started_ns > _SHOWN_S * 1e9:
                self.told.fault = None
        elif self.state == "waiting" and now >= self._due_ns and not self._is_ending:
            self._start(now)

    def finish(self) -> None:
        """Let it end once everything is stored."""
        self._is_ending = True
        self._write(b"finish\n")

    def stop(self) -> None:
        """Let it end in order, now."""
        self._is_ending = True
        if self._process is not None and self.state == "running":
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._is_ending = True
        if self._process is not None:
            self._process.kill()

    def wait(self, timeout_s: float) -> bool:
        """Wait for its end; return whether it came."""
        if self._process is None or self.state != "running":
            return True
        try:
            status = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        self._ended(status, self._clock.monotonic_ns())
        return True

    def _start(self, now: int) -> None:
        self.restarts += 1
        self.told.status = {}
        self._fault_of_this_run = None
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES_MAX:
            self.log.replace(self.log.with_name(self.log.name + ".1"))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tapeline.apps.up_child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # Ctrl-C of the terminal is for the parent, which ends its children in order.
                start_new_session=True,
            )
        self._started_ns = now
        self.state = "running"
        self._write(orjson.dumps(self._order, option=orjson.OPT_APPEND_NEWLINE))
        self._reader = threading.Thread(
            target=self._read, args=(self._process,), name=f"up-{self.role}", daemon=True
        )
        self._reader.start()

    def _ended(self, status: int, now: int) -> None:
        if self._reader is not None:
            self._reader.join(5)
        for pipe in (self._process.stdin, self._process.stdout) if self._process else ():
            if pipe is not None:
                # What it was told last may not have been taken.
                with suppress(OSError):
                    pipe.close()
        if status == 0 or (self._is_ending and status == -signal.SIGTERM):
            # By the signal itself: it had not begun yet.
            self.state, self.told.fault = "ended", None
            return
        fault = self._fault_of_this_run or f"it ended with status {status}: see {self.log}"
        self.told.fault = fault
        if self._is_ending or (self.told.is_for_good and not self._keeps_trying):
            self.state = "failed"
            return
        if now - self._started_ns > _WELL_S * 1e9:
            self._failures = 0
        wait_s = _WAITS_S[min(self._failures, len(_WAITS_S) - 1)]
        self._failures += 1
        self._due_ns = now + int(wait_s * 1e9)
        self.state = "waiting"
        _LOG.error("ended, and is started again", process=self.role, fault=fault, wait_s=wait_s)

    def _write(self, line: bytes) -> None:
        if self._process is None or self._process.stdin is None:
            return
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            # It has just died; that is seen elsewhere.
            return

    def _read(self, process: "subprocess.Popen[bytes]") -> None:
        """Take over what it tells; runs on a thread, until the process ends."""
        assert process.stdout is not None  # noqa: S101 - for the type checker: it is a pipe
        for line in process.stdout:
            try:
                told = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if "status" in told:
                self.told.status = told["status"]
            elif "summary" in told:
                self.told.summary = told["summary"]
            elif "fault" in told:
                self._fault_of_this_run = self.told.fault = told["fault"]["text"]
                self.told.is_for_good = told["fault"]["for_good"]
