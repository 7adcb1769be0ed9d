"""What a feed needs of whatever takes its frames."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from tapeline.adapters.connection.dialect import StreamKey
from tapeline.adapters.connection.inbox import Inbox

StreamState = Literal["lost", "restored", "started", "stopped"]


class Downstream(Protocol):
    """Takes frames in order and says what became of them."""

    def ready(self, inbox: Inbox) -> None:
        """Take note that an empty inbox has frames again; called from the reader, so cheap."""
        ...

    def connection(
        self,
        inbox: Inbox | None,
        state: StreamState,
        reason: str,
        streams: Sequence[StreamKey],
    ) -> None:
        """Record the change in the data; before an end, take everything from the inbox.

        ``started`` and ``stopped`` are on purpose, ``lost`` and ``restored`` are not.

        The records speak of the streams given and of no others.
        """
        ...

    def last_received(self) -> Mapping[tuple[str, str], int]:
        """Return the stamp of the newest frame of each ``(raw_symbol, channel)``."""
        ...
