"""The NATS bus: JetStream behind a ledger of what is on the way, and a spool."""

import itertools
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from tapeline.errors import TransportError
from tapeline.telemetry.clock import Clock
from tapeline.transport.kafka import CRC_HEADER, SCHEMA_HEADER, SCHEMA_VERSION
from tapeline.transport.nats_link import Job, NatsLink, Outcome
from tapeline.transport.nats_settings import NatsSettings
from tapeline.transport.ports import AckHook, CloseReport, DeliveryStats, Message
from tapeline.transport.spool import Spool
from tapeline.transport.topics import kafka_topic, nats_stream, parse_routing_key

_log = structlog.get_logger("tapeline.transport.nats")

ID_HEADER: Final = "Nats-Msg-Id"
KEY_HEADER: Final = "tapeline-key"
"""The message key, where it is not the symbol token that ends the subject."""

HEADER_ROOM: Final = 8_192
"""Bytes of the server's ``max_payload`` kept for headers, of dead letters too."""
_DRAIN_MESSAGES: Final = 2_000
_DRAIN_BYTES: Final = 8 * 1024 * 1024
_PAUSE_AFTER_FAILURE_NS: Final = 200_000_000
_POLL_S: Final = 0.01


@dataclass(slots=True)
class _Flight:
    """A message handed over without an outcome yet."""

    message: Message
    sent_ns: int
    row: int | None
    """Its sequence in the spool, when it came from there."""


class NatsSink:
    """A :class:`~tapeline.transport.ports.MessageSink` on NATS JetStream, at least once.

    Every message is at each instant in exactly one of: the ledger (handed to the connection's
    thread), the spool, the acknowledged count, the dead-letter file. One whose outcome is a failure
    or unknown is sent again, under the same name, by which the server knows it.

    Parameters
    ----------
    settings
        Servers, layout, limits, spool.
    clock
        For ages and latencies.
    name_of
        The name by which the server knows a message again; None where it has none of its own.
    on_ack
        Told the latency of every acknowledged message.

    Raises
    ------
    BusFileError
        The spool belongs to another process, or is no spool of ours.
    """

    def __init__(
        self,
        settings: NatsSettings,
        *,
        clock: Clock,
        name_of: Callable[[str, bytes], str | None],
        on_ack: AckHook | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._name_of = name_of
        self._on_ack = on_ack
        self._spool = Spool(settings.spool_path)
        self._run = uuid.uuid4().hex
        self._tokens = itertools.count(1)
        self._streams: dict[str, str] = {}
        self._topics: dict[str, str] = {}
        self._flights: dict[int, _Flight] = {}
        self._failures: dict[int, tuple[_Flight, Outcome]] = {}
        self._rows_in_flight = 0
        self._epoch = 0
        self._ready: frozenset[str] = frozenset()
        self._pause_until_ns = 0
        self._arrived_rows: list[int] = []
        self._sent = self._acknowledged = self._redelivered = self._failed = 0
        self._is_closed = False
        self._report: CloseReport | None = None
        self._link = NatsLink(settings, clock)
        self._learn(self._spool.topics())

    def create_topics(self, topics: Sequence[str]) -> None:
        """Have the streams made in the background; see :meth:`MessageSink.create_topics`."""
        self._learn(topics)

    @property
    def is_ready(self) -> bool:
        """Whether the streams are there; see :attr:`MessageSink.is_ready`."""
        return self._is_up() and self._ready.issuperset(self._streams.values())

    def send(self, messages: Sequence[Message]) -> None:
        """Hand messages to the connection, or to the spool; see :meth:`MessageSink.send`."""
        if self._is_closed:
            raise TransportError("the NATS sink is closed")
        self._learn([topic for topic, _, _ in messages])
        self._spool.ensure_room()
        self._sent += len(messages)
        now = self._clock.monotonic_ns()
        held: list[Message] = []
        held_topics: set[str] = set()
        jobs: list[Job] = []
        for message in messages:
            topic = message[0]
            if topic in held_topics or self._must_wait(topic):
                held_topics.add(topic)
                held.append(message)
            else:
                self._take_off(message, None, now, jobs)
        if jobs:
            self._link.hand(self._epoch, jobs)
        if held:
            self._spool.add(held)

    def poll(self) -> None:
        """Serve outcomes and the spool."""
        epoch = self._link.epoch
        self._take_outcomes()
        if not self._flights:
            # Only now, and all at once: what comes back goes before everything that waits.
            self._take_failures()
            self._epoch = epoch
        if self._arrived_rows:
            self._spool.done(self._arrived_rows)
            self._arrived_rows = []
        self._note_ready()
        self._spool.retry()
        if len(self._spool):
            self._drain(self._clock.monotonic_ns())

    def stats(self) -> DeliveryStats:
        """Count; here ``acknowledged`` is JetStream's acknowledgement."""
        return DeliveryStats(
            sent=self._sent,
            recovered=self._spool.recovered,
            acknowledged=self._acknowledged,
            in_flight=len(self._flights) + len(self._failures),
            spooled=len(self._spool),
            redelivered=self._redelivered,
            failed=self._failed + self._spool.damaged,
        )

    def close(self, deadline_s: float) -> CloseReport:
        """Deliver for at most ``deadline_s``, then put what is left into the spool."""
        if self._report is not None:
            return self._report
        end = self._clock.monotonic_ns() + int(deadline_s * 1e9)
        self.poll()
        while self.stats().pending and self._clock.monotonic_ns() < end:
            self._link.wait(_POLL_S)
            self.poll()
        self._is_closed = True
        self._link.close()
        self._take_outcomes()
        for token in list(self._flights):
            self._failures[token] = (self._flights.pop(token), Outcome(token, 0, "closed"))
        self._take_failures()
        self._spool.done(self._arrived_rows)
        spooled = len(self._spool)
        lost = self._spool.close()
        if spooled:
            _log.warning(
                "messages left in the spool",
                spooled=spooled - lost,
                path=str(self._settings.spool_path),
            )
        if lost:
            _log.error("messages lost: neither bus nor disk took them", lost=lost)
        self._report = CloseReport(
            delivered=self._acknowledged,
            spooled=spooled - lost,
            failed=self._failed + self._spool.damaged,
            lost=lost,
        )
        return self._report

    def _learn(self, topics: Sequence[str]) -> None:
        unknown = set(topics) - self._streams.keys()
        if not unknown:
            return
        prefix = self._settings.address.prefix
        named = {}
        for topic in sorted(unknown):
            name = kafka_topic(parse_routing_key(topic), self._settings.layout)
            named[topic] = (name, nats_stream(prefix, name))
        for topic, (name, stream) in named.items():
            self._streams[topic] = stream
            self._topics[stream] = name
        self._want({stream for _, stream in named.values()})

    def _want(self, streams: set[str]) -> None:
        configs = [self._settings.stream_config(self._topics[each]) for each in sorted(streams)]
        self._link.want(configs)

    def _note_ready(self) -> None:
        """See which streams are there: from one look to the next it does not change.

        What was stepped over in the spool because its stream was not there goes first then.
        """
        before, self._ready = self._ready, self._link.ready()
        if self._ready - before:
            self._spool.rewind()

    def _is_up(self) -> bool:
        return self._epoch % 2 == 1 and self._epoch == self._link.epoch

    def _is_ready(self, topic: str) -> bool:
        if topic not in self._streams:
            self._learn([topic])
        return self._streams[topic] in self._ready

    def _must_wait(self, topic: str) -> bool:
        return (
            not self._is_up()
            # One that failed must not be overtaken by the next.
            or bool(self._failures)
            or self._spool.holds(topic)
            or len(self._flights) >= self._settings.queue_messages_max
            or self._streams[topic] not in self._ready
        )

    def _take_off(self, message: Message, row: int | None, now: int, jobs: list[Job]) -> None:
        """Enter a message into the ledger, or bury it when no server will take it."""
        topic, key, value = message
        flight = _Flight(message, now, row)
        if len(value) > self._link.payload_max - HEADER_ROOM:
            limit = self._link.payload_max
            self._bury(flight, f"{len(value)} bytes are too many for a max_payload of {limit}")
            return
        token = next(self._tokens)
        self._flights[token] = flight
        self._rows_in_flight += row is not None
        headers = {ID_HEADER: self._name_of(topic, value) or f"{self._run}/{token}"}
        headers[SCHEMA_HEADER] = SCHEMA_VERSION.decode()
        headers[CRC_HEADER] = f"{int.from_bytes(value[-4:], 'little'):08x}"
        if key != topic.rpartition(".")[2].encode():
            headers[KEY_HEADER] = key.hex()
        subject = f"{self._settings.address.prefix}.{topic}"
        jobs.append(Job(token, self._streams[topic], subject, headers, value))

    def _take_outcomes(self) -> None:
        for outcome in self._link.outcomes():
            flight = self._flights.pop(outcome.token, None)
            if flight is None:
                continue
            self._rows_in_flight -= flight.row is not None
            if outcome.is_refused:
                self._bury(flight, outcome.fault or "refused")
            elif outcome.fault is not None:
                self._failures[outcome.token] = (flight, outcome)
            else:
                self._arrive(flight, outcome)

    def _arrive(self, flight: _Flight, outcome: Outcome) -> None:
        self._acknowledged += 1
        if flight.row is not None:
            self._arrived_rows.append(flight.row)
        if self._on_ack is not None:
            self._on_ack(outcome.at_ns - flight.sent_ns, 1)

    def _take_failures(self) -> None:
        if not self._failures:
            return
        failures = [each for _, each in sorted(self._failures.items())]
        self._failures.clear()
        self._pause_until_ns = self._clock.monotonic_ns() + _PAUSE_AFTER_FAILURE_NS
        _log.warning(
            "messages not delivered, sending again",
            messages=len(failures),
            fault=failures[0][1].fault,
        )
        self._return_to_spool([flight for flight, _ in failures])
        self._want(
            {self._streams[flight.message[0]] for flight, each in failures if each.lost_stream}
        )

    def _return_to_spool(self, flights: Sequence[_Flight]) -> None:
        """Let messages of failed or unknown outcome wait again, before newer ones."""
        self._spool.take_back([(flight.row, flight.message) for flight in flights])
        self._redelivered += len(flights)

    def _bury(self, flight: _Flight, reason: str) -> None:
        self._failed += 1
        _log.error("message refused for good", topic=flight.message[0], reason=reason)
        self._spool.bury([flight.message], reason)
        if flight.row is not None:
            self._arrived_rows.append(flight.row)

    def _drain(self, now: int) -> None:
        if self._failures or not self._is_up() or now < self._pause_until_ns:
            return
        room = min(_DRAIN_MESSAGES, self._settings.queue_messages_max - len(self._flights))
        rows = self._spool.take(room - self._rows_in_flight, _DRAIN_BYTES, self._is_ready)
        jobs: list[Job] = []
        for row in rows:
            self._take_off(row.message, row.sequence, now, jobs)
        waiting: list[Message] = []
        for message in self._spool.take_memory():
            if self._is_ready(message[0]):
                self._take_off(message, None, now, jobs)
            else:
                waiting.append(message)
        if waiting:
            self._spool.add(waiting)
        if jobs:
            self._link.hand(self._epoch, jobs)
