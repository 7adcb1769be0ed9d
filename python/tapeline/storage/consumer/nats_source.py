"""Read NATS JetStream as a target's durable consumers, from the offsets the store has."""

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Final, TypeVar

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from tapeline.errors import TransportError
from tapeline.storage.consumer.nats_message import place_of, with_headers
from tapeline.storage.consumer.nats_pulling import Pulling
from tapeline.storage.consumer.nats_tails import read_tails
from tapeline.storage.ports import Changes, Message, Offsets, Partition, Tail
from tapeline.telemetry.clock import Clock
from tapeline.transport.nats_connection import (
    CLIENT_FAULTS,
    NOT_FOUND,
    NatsApiError,
    close,
    connect,
    request,
    streams,
)
from tapeline.transport.topics import nats_stream, topic_of_stream
from tapeline.transport.uris import NatsUri

_log = structlog.get_logger("tapeline.storage.consumer.nats")

_LOOK_NS: Final = 1_000_000_000
_FLUSH_S: Final = 1
_T = TypeVar("_T")


class NatsSource:
    """Streams of one prefix, each as a partition, read by pull consumers.

    The store has the offsets: a consumer is made anew at the store's offset whenever reading begins
    or anything was lost on the way. What is acknowledged is for the server's monitoring.

    Parameters
    ----------
    address
        Servers and prefix.
    wants
        Whether a topic is read.
    clock
        For patience.
    group
        Name of the durable consumers; where another process reads as the same, this one stands by.
        None reads without a trace and acknowledges nothing.
    """

    def __init__(
        self,
        address: NatsUri,
        wants: Callable[[str], bool],
        clock: Clock,
        *,
        group: str | None,
    ) -> None:
        self._address = address
        self._wants = wants
        self._clock = clock
        self._group = group
        self._loop = asyncio.new_event_loop()
        self._client: Client | None = None
        self._inboxes: dict[str, Subscription] = {}
        self._known: dict[str, Pulling] = {}
        self._standing_by: set[str] = set()
        self._queue: deque[Message] = deque()
        self._arrived = asyncio.Event()
        self._changes = Changes()
        self._looked_ns = -_LOOK_NS
        self._has_looked = False
        self._is_paused = False

    def poll(self, messages_max: int, timeout_s: float) -> list[Message]:
        """Read what follows; see :meth:`tapeline.storage.ports.Source.poll`."""
        return self._do(self._poll(messages_max, timeout_s))

    def changes(self) -> Changes:
        """Return streams gained and lost, once."""
        changes, self._changes = self._changes, Changes()
        return changes

    def before(self, offsets: Offsets, messages_max: int) -> Mapping[Partition, Tail]:
        """Read what lies before; see :meth:`tapeline.storage.ports.Source.before`."""
        return read_tails(self._address, offsets, messages_max)

    def start(self, offsets: Mapping[Partition, int | None]) -> None:
        """Read these streams from here on, as far as they are still known."""
        self._do(self._start(offsets))

    def pause(self) -> None:
        """Ask for nothing until :meth:`resume`; what was fetched is kept."""
        self._is_paused = True

    def resume(self) -> None:
        """Ask again."""
        self._is_paused = False

    def commit(self, offsets: Offsets) -> None:
        """Acknowledge what the store has."""
        self._do(self._commit(offsets))

    def lag(self) -> int | None:
        """Count messages behind what was read."""
        return sum(each.lag for each in self._known.values()) + len(self._queue)

    def ends(self) -> Mapping[Partition, int]:
        """Return the offset behind the last message of each stream, as far as is known."""
        return {(topic, 0): each.end for topic, each in self._known.items()}

    @property
    def is_settled(self) -> bool:
        """Whether the streams were looked at, and all of them are started."""
        return self._has_looked and all(each.is_started for each in self._known.values())

    def close(self) -> None:
        """Let go of the server; the durable consumers stay, for the next one."""
        if self._loop.is_closed():
            return
        client = self._client
        if client is not None:
            self._do(self._leave(client))
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, _T]) -> _T:
        return self._loop.run_until_complete(work)

    async def _poll(self, messages_max: int, timeout_s: float) -> list[Message]:
        end_ns = self._clock.monotonic_ns() + int(timeout_s * 1e9)
        client = await self._connected()
        await self._look(client)
        await self._ask(client)
        while not self._queue and not self._changes.gained:
            left_ns = end_ns - self._clock.monotonic_ns()
            if left_ns <= 0 or client.is_closed:
                break
            self._arrived.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), left_ns / 1e9)
        # Also when there is something already: the socket is read only while this loop runs.
        await asyncio.sleep(0)
        if self._is_paused:
            return []
        return [self._queue.popleft() for _ in range(min(messages_max, len(self._queue)))]

    async def _connected(self) -> Client:
        if self._client is not None and not self._client.is_closed:
            return self._client
        if self._client is not None:
            # Nothing is assumed of what was on the way, nor that the streams are the same.
            _log.warning("the connection to NATS is lost", servers=self._address.servers)
            self._client = None
            self._lose(list(self._known))
        self._inboxes.clear()
        self._client = await connect(self._address, f"tapeline-{self._group or 'reader'}")
        self._looked_ns = -_LOOK_NS
        return self._client

    async def _look(self, client: Client) -> None:
        """Find new streams, and those that are not what they were."""
        now = self._clock.monotonic_ns()
        for topic, each in list(self._known.items()):
            if each.is_broken(now):
                self._lose([topic])
        if now - self._looked_ns < _LOOK_NS:
            return
        found = {}
        expected = {topic: each.expected for topic, each in self._known.items()}
        for info in await streams(client, self._address.prefix):
            name = topic_of_stream(self._address.prefix, info["config"]["name"])
            if name is not None and self._wants(name):
                found[name] = info
        self._looked_ns = now
        self._lose([each for each in self._known if each not in found])
        for topic, info in found.items():
            known = self._known.get(topic)
            if known is not None and not known.is_still(info, expected[topic]):
                self._lose([topic])
                known = None
            if known is None and await self._is_free(client, topic):
                self._known[topic] = Pulling(topic, info)
                self._changes.gained.append((topic, 0))
        self._has_looked = True

    async def _is_free(self, client: Client, topic: str) -> bool:
        """Whether nobody else reads this stream for our target."""
        if self._group is None:
            return True
        stream = nats_stream(self._address.prefix, topic)
        try:
            info = await request(client, f"CONSUMER.INFO.{stream}.{self._group}")
        except NatsApiError as error:
            if error.status != NOT_FOUND:
                raise
            return True
        is_free = int(info.get("num_waiting", 0)) == 0
        if not is_free and topic not in self._standing_by:
            self._standing_by.add(topic)
            _log.info("another process reads this, standing by", topic=topic, group=self._group)
        if is_free:
            self._standing_by.discard(topic)
        return is_free

    def _lose(self, topics: list[str]) -> None:
        for topic in topics:
            del self._known[topic]
            origin = (topic, 0)
            if origin in self._changes.gained:
                self._changes.gained.remove(origin)
            self._changes.lost.append(origin)
        if topics:
            gone = set(topics)
            self._queue = deque(each for each in self._queue if each.topic not in gone)
            self._looked_ns = -_LOOK_NS

    async def _start(self, offsets: Mapping[Partition, int | None]) -> None:
        for (topic, _), offset in offsets.items():
            if topic not in self._known:
                continue
            try:
                client = await self._connected()
                if topic in self._known:
                    await self._begin(client, topic, offset or 0)
            except (TransportError, *CLIENT_FAULTS) as error:
                _log.warning("a stream is not read yet", topic=topic, fault=str(error))
                if topic in self._known:
                    self._lose([topic])

    async def _begin(self, client: Client, topic: str, offset: int) -> None:
        """Read a stream from an offset, over an inbox that nothing older comes to."""
        await self._end(topic)
        self._queue = deque(each for each in self._queue if each.topic != topic)
        pulling = self._known[topic] = self._known[topic].renewed()
        stream = nats_stream(self._address.prefix, topic)
        name = self._group or f"tapeline-reader-{secrets.token_hex(8)}"
        if self._group is not None:
            # Where a consumer stands cannot be changed.
            with contextlib.suppress(NatsApiError):
                await request(client, f"CONSUMER.DELETE.{stream}.{name}")
        inbox = client.new_inbox()
        config = pulling.begin(stream, name, inbox, offset, is_durable=self._group is not None)
        self._inboxes[topic] = await client.subscribe(inbox, cb=partial(self._on_message, pulling))
        body = {"stream_name": stream, "config": config, "action": "create"}
        await request(client, f"CONSUMER.CREATE.{stream}.{name}", body)
        await self._pull(client, pulling)

    async def _end(self, topic: str) -> None:
        """Hear no more of what was asked for before."""
        inbox = self._inboxes.pop(topic, None)
        if inbox is not None:
            with contextlib.suppress(*CLIENT_FAULTS):
                await inbox.unsubscribe()

    async def _ask(self, client: Client) -> None:
        if self._is_paused:
            return
        for each in self._known.values():
            if each.is_started:
                await self._pull(client, each)

    async def _pull(self, client: Client, pulling: Pulling) -> None:
        body = pulling.next_request(self._clock.monotonic_ns(), client.max_payload)
        if body is not None:
            subject = f"$JS.API.CONSUMER.MSG.NEXT.{pulling.stream}.{pulling.consumer}"
            await client.publish(subject, body, pulling.inbox)

    async def _on_message(self, pulling: Pulling, raw: Msg) -> None:
        now = self._clock.monotonic_ns()
        if self._known.get(pulling.topic) is not pulling:
            return
        if raw.subject == pulling.inbox:
            pulling.note_status(raw.headers or {}, now)
        else:
            place = place_of(raw.reply)
            if not pulling.take(place, raw.reply, now):
                return
            offset = place.sequence - 1
            self._queue.append(
                with_headers(pulling.topic, offset, raw.subject, raw.data, raw.headers or {})
            )
        self._arrived.set()

    async def _commit(self, offsets: Offsets) -> None:
        client = self._client
        if client is None or client.is_closed or self._group is None:
            return
        for (topic, _), offset in offsets.items():
            pulling = self._known.get(topic)
            reply = None if pulling is None else pulling.stored(offset)
            if reply is not None:
                with contextlib.suppress(*CLIENT_FAULTS):
                    await client.publish(reply, b"+ACK")

    async def _leave(self, client: Client) -> None:
        with contextlib.suppress(*CLIENT_FAULTS):
            await client.flush(_FLUSH_S)
        if self._group is None:
            for each in self._known.values():
                if each.is_started:
                    with contextlib.suppress(TransportError):
                        await request(client, f"CONSUMER.DELETE.{each.stream}.{each.consumer}")
        await close(client)


def check_server(address: NatsUri) -> None:
    """Make sure that a server with JetStream answers.

    Raises
    ------
    TransportError
        None does.
    """

    async def check() -> None:
        client = await connect(address, "tapeline-probe")
        try:
            await request(client, "INFO")
        finally:
            await close(client)

    asyncio.run(check())


def message_counts(address: NatsUri) -> dict[str, int]:
    """Count the messages of every topic that is there.

    Raises
    ------
    TransportError
        The server does not answer.
    """

    async def count() -> dict[str, int]:
        client = await connect(address, "tapeline-counts")
        try:
            found = await streams(client, address.prefix)
        finally:
            await close(client)
        names = [topic_of_stream(address.prefix, each["config"]["name"]) for each in found]
        return {
            name: int(each["state"]["messages"])
            for name, each in zip(names, found, strict=True)
            if name is not None
        }

    return asyncio.run(count())
