"""Where one connection leaves its frames for the pump."""

from collections.abc import Callable, Iterable
from typing import Protocol

from tapeline.adapters.connection.dialect import StreamKey

# Above these a connection stops reading its socket, below a quarter it goes on. Nothing is dropped:
# the frames wait in the kernel and at the exchange. The mark is low, because libuv reads a busy
# socket up to 32 times before it lets anybody else run; pausing makes it take turns with the pump.
FRAMES_HIGH = 4_096
BYTES_HIGH = 16 * 1024 * 1024


class Owner(Protocol):
    """Whoever opened the connection and hears what its frames turned out to be."""

    def control(self, kind: str, text: str) -> None:
        """Take a control frame: its kind (``ack``, ``error``, ...) and its text."""
        ...

    def judged(
        self, frames: int, quarantined: int, control: int, *, events: int = 0, duplicates: int = 0
    ) -> None:
        """Take the outcome of one push: frames, and the events made of them."""
        ...

    def heard(self, streams: Iterable[StreamKey]) -> None:
        """Take note of streams that a push brought something of."""
        ...


class Inbox:
    """A bounded list of frames and their stamps.

    ``put`` is called for every frame and does nothing but append; the first frame after a pause
    calls ``on_ready``. A held inbox keeps what comes to itself until :meth:`release`, so that the
    owner can record a connection before its frames.
    """

    __slots__ = (
        "_bytes",
        "_frames",
        "_is_held",
        "_on_pressure",
        "_on_ready",
        "_stamps",
        "is_tracked",
        "owner",
        "paused",
        "watch",
    )

    def __init__(
        self,
        owner: Owner,
        on_ready: Callable[["Inbox"], None],
        on_pressure: Callable[[bool], None],
        *,
        is_held: bool = False,
    ) -> None:
        self.owner = owner
        self._is_held = is_held
        self.paused = False
        # The owner wants to hear which streams each push brings; that costs a look at all of them.
        self.is_tracked = False
        # Looks at each push's frames and stamps before they are judged.
        self.watch: Callable[[list[bytes], list[int]], None] | None = None
        self._frames: list[bytes] = []
        self._stamps: list[int] = []
        self._bytes = 0
        self._on_ready = on_ready
        self._on_pressure = on_pressure

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, frame: bytes, received_ns: int) -> None:
        """Append a frame with its receive time in Unix UTC nanoseconds."""
        frames = self._frames
        if not frames and not self._is_held:
            self._on_ready(self)
        frames.append(frame)
        self._stamps.append(received_ns)
        self._bytes += len(frame)
        if not self.paused and (len(frames) >= FRAMES_HIGH or self._bytes >= BYTES_HIGH):
            self.paused = True
            self._on_pressure(True)

    def release(self) -> None:
        """Let go of what a held inbox kept."""
        self._is_held = False
        if self._frames:
            self._on_ready(self)

    def take(self, frames_max: int) -> tuple[list[bytes], list[int]]:
        """Remove and return up to ``frames_max`` frames and their stamps, oldest first."""
        if len(self._frames) <= frames_max:
            taken = self._frames, self._stamps
            self._frames, self._stamps, self._bytes = [], [], 0
        else:
            taken = self._frames[:frames_max], self._stamps[:frames_max]
            del self._frames[:frames_max]
            del self._stamps[:frames_max]
            self._bytes -= sum(map(len, taken[0]))
        if self.paused and len(self._frames) <= FRAMES_HIGH // 4 and self._bytes <= BYTES_HIGH // 4:
            self.paused = False
            self._on_pressure(False)
        return taken
