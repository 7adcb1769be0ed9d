"""A client on the server: what waits for it, and the connection that takes it."""

from collections import deque

from tapeline.api.live.line import Line, envelopes
from tapeline.api.live.settings import LiveSettings
from tapeline.api.live.waiting import Losses, Waiting


class Client:
    """Gives a connection what waits, as long as it is taken; for the event loop's thread alone."""

    def __init__(self, settings: LiveSettings, line: Line, losses: Losses | None = None) -> None:
        self.waiting = Waiting(settings, losses)
        self._line = line
        self._most_bytes = settings.message_bytes
        self._taken: deque[bytes] = deque()
        line.when_clear(self.flush)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits, and the connection takes what is written."""
        return not self.waiting.has_news and not self._taken and self._line.is_clear

    def write(self, envelope: bytes) -> None:
        """Send a message at once; for a client that is idle."""
        self._line.write(envelope)

    def say(self, words: dict[str, object]) -> None:
        """Send a control message, behind what waits."""
        self.waiting.say(words)
        self.flush()

    def flush(self) -> None:
        """Write until nothing waits, or the client does not follow."""
        while self._line.is_clear:
            if not self._taken:
                if not self.waiting.has_news:
                    return
                self._taken.extend(envelopes(self.waiting.take(), self._most_bytes))
            self._line.write(self._taken.popleft())
