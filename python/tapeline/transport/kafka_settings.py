"""Settings of the Kafka producer: every tuned value, and why it is what it is."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from tapeline.transport.topics import TopicLayout


class Profile(StrEnum):
    """The two named sets of producer settings."""

    LOW_LATENCY = "low_latency"
    ORDERED = "ordered"


_SHARED: Final[dict[str, str | int | float | bool]] = {
    # Our messages are batches already (256 events, 256 KiB or one event-loop turn): waiting for
    # more would add latency to each and save nothing.
    "linger.ms": 0,
    # Nothing waits for a batch to fill; this is how much of what has queued up behind a request
    # goes with the next one. Eight times 64 KiB is a third to a half of the CPU time, here and in
    # the broker.
    "batch.size": 524_288,
    # For ever: a message that waits for a broker is not lost, and ages are watched by the sink
    # itself.
    "message.timeout.ms": 0,
    # The memory an outage may take before the spool takes over; 256 MiB whatever the message size.
    "queue.buffering.max.messages": 200_000,
    "queue.buffering.max.kbytes": 262_144,
    # A broker that comes back is tried within a second; 50 ms at first, for a mere reconnect.
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 1000,
    # The default (off) leaves a peer that vanished unnoticed on an idle connection.
    "socket.keepalive.enable": True,
    # A frozen broker is given up after 10 s instead of 60 s; the spool has taken over by then.
    "socket.timeout.ms": 10_000,
    # Nagle would hold a small message back until the last one is acknowledged.
    "socket.nagle.disable": True,
    # Topics are made explicitly, with the configuration below: a typing error makes none.
    "allow.auto.create.topics": False,
    # The same partition for a key as Java clients choose.
    "partitioner": "murmur2_random",
    # A client of ours does not phone statistics home to the broker.
    "enable.metrics.push": False,
}

PROFILES: Final[dict[Profile, dict[str, str | int | float | bool]]] = {
    # acks=1: the leader has the message. A retry after a broker error may overtake (seen: message 3
    # behind message 29; one request on the way at a time does not prevent it), which is why batches
    # are numbered and readers tolerate any order.
    Profile.LOW_LATENCY: {**_SHARED, "acks": "1"},
    # Idempotence is the only thing that keeps the order; it needs all in-sync replicas to
    # acknowledge and at most 5 requests on the way. The default: updates of a book are worth
    # nothing out of order, and on one broker no cost could be measured (docs/transport.md).
    Profile.ORDERED: {
        **_SHARED,
        "acks": "all",
        "enable.idempotence": True,
        "max.in.flight.requests.per.connection": 5,
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaSettings:
    """Settings of :class:`tapeline.transport.kafka.KafkaSink`."""

    servers: str
    """``HOST:PORT[,HOST:PORT]``, any brokers of the cluster."""
    profile: Profile = Profile.ORDERED
    layout: TopicLayout = TopicLayout.SYMBOL
    compression: str = "lz4"
    """``lz4``, ``zstd`` (level 1) or ``none``. zstd has two thirds of lz4's bytes for twice the CPU
    time of whoever writes and four times that of whoever reads (docs/transport.md)."""
    spool: Path | None = None
    """Where messages wait for a broker that is away; by default one file a cluster and layout in
    ``~/.local/state/tapeline/spool``. One process at a time owns it."""
    partitions: int = 1
    """Of a topic this sink makes. One: a topic is an ordering unit, and symbols already spread."""
    replication: int = -1
    """Of a topic this sink makes; -1 leaves it to the broker."""
    retention_ms: int = -1
    """Of a topic this sink makes; -1 keeps messages for ever, a replay tool deletes what it
    must."""
    spool_after_s: float = 2.0
    """No acknowledgement for so long while messages wait: new ones go to the spool."""
    queue_messages_max: int = 200_000
    """``queue.buffering.max.messages``."""
    message_bytes_max: int = 1_000_000
    """``message.max.bytes``; brokers refuse more by default. Our longest stay below it."""
    client_id: str = "tapeline"

    @property
    def spool_path(self) -> Path:
        """The spool file in use."""
        if self.spool is not None:
            return self.spool
        name = re.sub(r"[^A-Za-z0-9.-]+", "_", f"{self.servers}-{self.layout}")
        return Path.home() / ".local" / "state" / "tapeline" / "spool" / f"{name}.db"

    def producer_config(self) -> dict[str, str | int | float | bool]:
        """Return librdkafka's configuration."""
        return {
            **PROFILES[self.profile],
            "bootstrap.servers": self.servers,
            "client.id": self.client_id,
            "compression.type": self.compression,
            # zstd's; lz4 has one level.
            "compression.level": 1 if self.compression == "zstd" else -1,
            "queue.buffering.max.messages": self.queue_messages_max,
            "message.max.bytes": self.message_bytes_max,
        }

    def topic_config(self) -> dict[str, str]:
        """Return the configuration of topics this sink makes.

        LogAppendTime: with the producer's times a replayed old tape would be older than any
        retention and be deleted at once.
        """
        return {"retention.ms": str(self.retention_ms), "message.timestamp.type": "LogAppendTime"}
