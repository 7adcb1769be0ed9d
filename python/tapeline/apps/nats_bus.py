"""Read the streams of a NATS server from their beginning: an operator's tool."""

import re
from time import sleep as pause

from tapeline.apps.bus_reading import READ_MESSAGES, Back
from tapeline.errors import TransportError
from tapeline.storage.consumer.nats_source import NatsSource
from tapeline.storage.ports import Changes, Message
from tapeline.telemetry.clock import Clock
from tapeline.transport.uris import NatsUri


class NatsBus:
    """All matching streams under a prefix, each from its first message.

    The consumers are ephemeral and acknowledge nothing: the server forgets them.
    """

    def __init__(
        self,
        address: NatsUri,
        pattern: re.Pattern[str],
        clock: Clock,
        back: Back | None = None,
    ) -> None:
        self._source = NatsSource(
            address, lambda topic: pattern.fullmatch(topic) is not None, clock, group=None
        )
        self._back = back
        self._next: dict[tuple[str, int], int] = {}
        self._has_answered = False
        self._fault = ""

    def read(self, timeout_s: float) -> list[Message]:
        """Read what follows; see :meth:`Bus.read`.

        Raises
        ------
        TransportError
            No server answered the first request.
        """
        try:
            found = self._source.poll(READ_MESSAGES, timeout_s)
        except TransportError as error:
            if not self._has_answered:
                raise
            self._fault = str(error)
            pause(min(timeout_s, 0.1))
            return []
        is_first, self._has_answered, self._fault = not self._has_answered, True, ""
        self._start(self._source.changes(), is_first=is_first)
        self._next.update({each.origin: each.offset + 1 for each in found})
        return found

    def has_more(self) -> bool:
        """Whether the server told of messages that were not given yet; see :meth:`Bus.has_more`."""
        return not self._source.is_settled or self._source.lag() != 0

    def fault(self) -> str:
        """Say whether the server answered the latest question; see :meth:`Bus.fault`."""
        return self._fault

    def close(self) -> None:
        """Leave the server."""
        self._source.close()

    def _start(self, changes: Changes, *, is_first: bool) -> None:
        """Begin streams that are new, and those that were lost where they were."""
        if not changes.gained:
            return
        ends = self._source.ends()
        for each in changes.gained:
            if is_first and self._back is not None:
                self._next[each] = max(0, ends[each] - self._back(each[0]))
            if self._next.get(each, 0) > ends[each]:
                self._next[each] = 0  # Made anew.
        self._source.start({each: self._next.get(each) for each in changes.gained})
