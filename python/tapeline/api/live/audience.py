"""Clients by what they listen to: those that listen to the same are sent the same bytes."""

from collections.abc import Mapping

from tapeline.api.live.client import Client
from tapeline.api.live.line import Part, envelopes
from tapeline.api.live.publications import Frame
from tapeline.api.live.topic import Topic


class News:
    """What is new of a topic."""

    def __init__(self, topic: Topic) -> None:
        self._topic = topic
        self._frames: list[Frame] = []
        self._is_whole = False

    def add(self, frame: Frame | None) -> None:
        """Add a frame; None says that the whole state is to be told in place of all frames."""
        if frame is None:
            self._is_whole = True
        else:
            self._frames.append(frame)

    def parts(self, *, is_binary: bool) -> list[Part]:
        """Return it for those who have been told everything before."""
        frames = [self._topic.whole()] if self._is_whole else self._frames
        return [frame.message(is_binary) for frame in frames]

    def put(self, client: Client) -> None:
        """Let it wait for a client that has not."""
        if self._is_whole:
            client.waiting.put_state(self._topic.channel)
            return
        for frame in self._frames:
            client.waiting.put(frame)


class Audience:
    """Clients that listen to the same channels in the same form."""

    def __init__(self, channels: Mapping[int, bool]) -> None:
        self._channels = channels
        self.clients: set[Client] = set()

    def tell(self, news: Mapping[int, News], most_bytes: int) -> None:
        """Send what is new of its channels; who is behind has it put into the queue."""
        found = [(news[each], form) for each, form in self._channels.items() if each in news]
        if not found:
            return
        made: list[bytes] | None = None
        for client in self.clients:
            if client.is_idle:
                if made is None:
                    parts = [part for each, form in found for part in each.parts(is_binary=form)]
                    made = envelopes(parts, most_bytes)
                for envelope in made:
                    client.write(envelope)
            else:
                for each, _ in found:
                    each.put(client)
                client.flush()


class Audiences:
    """All audiences of a hub."""

    def __init__(self) -> None:
        self._audiences: dict[frozenset[tuple[int, bool]], Audience] = {}
        self._of: dict[Client, frozenset[tuple[int, bool]]] = {}

    def place(self, client: Client) -> None:
        """Take note of what a client listens to now."""
        self.remove(client)
        channels = client.waiting.channels()
        key = frozenset(channels.items())
        self._of[client] = key
        self._audiences.setdefault(key, Audience(channels)).clients.add(client)

    def remove(self, client: Client) -> None:
        """Forget a client."""
        key = self._of.pop(client, None)
        if key is None:
            return
        audience = self._audiences[key]
        audience.clients.discard(client)
        if not audience.clients:
            del self._audiences[key]

    def tell(self, news: Mapping[int, News], most_bytes: int) -> None:
        """Send what is new to whoever listens to it."""
        for audience in self._audiences.values():
            audience.tell(news, most_bytes)
