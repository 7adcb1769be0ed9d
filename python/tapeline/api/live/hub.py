"""Topics and who listens to them. The event loop's thread owns it."""

from collections.abc import Iterable
from dataclasses import dataclass

from tapeline.api.live.audience import Audiences, News
from tapeline.api.live.client import Client
from tapeline.api.live.publications import EventBatch, Frame, Publication
from tapeline.api.live.settings import LiveSettings
from tapeline.api.live.topic import Topic
from tapeline.api.live.topics import TopicKey


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """Whether what comes is of now."""

    is_live: bool
    since_ns: int
    """When it became so; of a stale feed, when the last news came. Unix UTC nanoseconds."""
    reason: str = ""


class HubFull(Exception):
    """There are too many topics that nobody has published."""


class Hub:
    """Gives what a feed publishes to the clients that listen.

    Nothing here waits for a client: a publication is put into bounded queues and that is all.
    """

    def __init__(self, settings: LiveSettings | None = None) -> None:
        self.settings = settings if settings is not None else LiveSettings()
        self._topics: dict[TopicKey, Topic] = {}
        self._channels = 0
        self._silent = 0
        self._clients: set[Client] = set()
        self._audiences = Audiences()
        self._status = FeedStatus(False, 0, "nothing has been read yet")
        self.events = 0
        """Events published since the start."""
        self.wanted: frozenset[TopicKey] = frozenset()
        """Topics somebody listens to. Replaced, never changed: another thread may read it."""

    @property
    def status(self) -> FeedStatus:
        """What the feed said of itself last."""
        return self._status

    @property
    def clients(self) -> int:
        """How many are connected."""
        return len(self._clients)

    @property
    def topics(self) -> int:
        """How many topics there are."""
        return len(self._topics)

    def join(self, client: Client) -> None:
        """Add a client; it is told the status."""
        self._clients.add(client)
        client.say(_status_words(self._status))

    def leave(self, client: Client, topics: Iterable[Topic]) -> None:
        """Forget a client and its subscriptions."""
        self._clients.discard(client)
        for topic in list(topics):
            self.unsubscribe(client, topic)
        self._audiences.remove(client)

    def subscribe(self, client: Client, key: TopicKey, *, is_binary: bool) -> Topic:
        """Let a client listen to a topic.

        Raises
        ------
        HubFull
            The topic is new, and too many are that nobody has published.
        """
        topic = self._topics.get(key)
        if topic is None:
            if self._silent >= self.settings.max_silent_topics:
                raise HubFull
            topic = self._new(key)
            self._silent += 1
        topic.listeners += 1
        client.waiting.open_lane(topic, is_binary=is_binary)
        self._audiences.place(client)
        self.wanted |= {key}
        return topic

    def unsubscribe(self, client: Client, topic: Topic) -> None:
        """End a subscription."""
        topic.listeners -= 1
        client.waiting.close_lane(topic.channel)
        self._audiences.place(client)
        if topic.listeners:
            return
        self.wanted -= {topic.key}
        if not topic.is_published:
            del self._topics[topic.key]
            self._silent -= 1

    def publish(self, publications: Iterable[Publication]) -> None:
        """Give publications to whoever listens, in order."""
        news: dict[int, News] = {}
        for each in publications:
            topic = self._topics.get(each.key)
            if topic is None:
                topic = self._new(each.key)
            elif not topic.is_published:
                self._silent -= 1
            if isinstance(each, EventBatch):
                self.events += each.count
                frame: Frame | None = topic.publish_events(each)
            else:
                frame = topic.publish_state(each)
            if topic.listeners:
                news.setdefault(topic.channel, News(topic)).add(frame)
        self._audiences.tell(news, self.settings.message_bytes)

    def report(self, status: FeedStatus) -> None:
        """Take what the feed says of itself; tell the clients when it is news."""
        is_news = status.is_live != self._status.is_live
        self._status = status
        if is_news:
            words = _status_words(status)
            for each in self._clients:
                each.say(words)

    def _new(self, key: TopicKey) -> Topic:
        self._channels += 1
        topic = self._topics[key] = Topic(key, self._channels)
        return topic


def _status_words(status: FeedStatus) -> dict[str, object]:
    return {
        "op": "status",
        "status": "live" if status.is_live else "stale",
        "since_ns": status.since_ns,
        "reason": status.reason,
    }
