"""Settings of the NATS bus: where it is, how its streams are made."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tapeline.transport.topics import TopicLayout, nats_stream, nats_subjects
from tapeline.transport.uris import NatsUri, state_path

_NS_PER_MS: Final = 1_000_000
_NS_PER_S: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NatsSettings:
    """Settings of :class:`tapeline.transport.nats.NatsSink`."""

    address: NatsUri
    layout: TopicLayout = TopicLayout.MARKET
    """A stream costs a server more than a Kafka topic costs a broker, so markets are the default:
    a subject an instrument in it."""
    spool: Path | None = None
    """Where messages wait for a server that is away; by default one file a cluster and prefix in
    ``~/.local/state/tapeline/spool``. One process at a time owns it."""
    replication: int = 1
    """Of a stream this sink makes."""
    retention_ms: int = -1
    """Of a stream this sink makes; -1 keeps messages for ever."""
    max_bytes: int = -1
    """Of a stream this sink makes; beyond, its oldest messages go. -1 is no limit."""
    window_s: int = 120
    """For so long the server knows a batch again that is sent twice."""
    unacknowledged_max: int = 2_000
    """Published and not yet acknowledged."""
    queue_messages_max: int = 20_000
    """Handed to the connection's thread; more go to the spool."""
    answer_s: float = 3.0
    """A connection on which nothing is acknowledged for so long is given up."""

    @property
    def spool_path(self) -> Path:
        """The spool file in use."""
        if self.spool is not None:
            return self.spool
        where = f"nats-{self.address.servers}-{self.address.prefix}-{self.layout}"
        return state_path("spool", where)

    def stream_config(self, topic: str) -> dict[str, Any]:
        """Return the configuration of the stream of a topic."""
        age_ns = 0 if self.retention_ms < 0 else self.retention_ms * _NS_PER_MS
        window_ns = self.window_s * _NS_PER_S
        return {
            "name": nats_stream(self.address.prefix, topic),
            "subjects": [nats_subjects(self.address.prefix, topic)],
            "retention": "limits",
            "storage": "file",
            "discard": "old",
            "max_age": age_ns,
            "max_bytes": self.max_bytes,
            "max_msgs": -1,
            "num_replicas": self.replication,
            # The server refuses a window that is longer than it keeps messages.
            "duplicate_window": min(window_ns, age_ns) if age_ns else window_ns,
        }
