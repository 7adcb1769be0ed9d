"""Every metric of tapeline: name, kind, labels and meaning. ``docs/metrics.md`` is made of it.

A counter's name has no ``_total`` here; Prometheus adds it. A name is
``tapeline_<layer>_<thing>_<unit>``. Labels come from settings and closed lists, never from the
wire, except where :data:`LABEL_VALUES_MAX` bounds them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["counter", "gauge", "histogram"]

LABEL_VALUES_MAX: Final = 64
"""Label values that come from the wire (types nobody knows, reasons): the rest is ``other``."""
STREAMS_MAX: Final = 500
"""Subscriptions with a series of their own, the most overdue first; all are in the sums."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One metric.

    Parameters
    ----------
    name
        Without ``_total``.
    kind
        What may be done with it.
    text
        One sentence: what it says, and what is bad.
    labels
        In order.
    """

    name: str
    kind: Kind
    text: str
    labels: tuple[str, ...] = ()

    @property
    def exported(self) -> str:
        """The name in queries; of a histogram without ``_bucket``, ``_sum`` and ``_count``."""
        return f"{self.name}_total" if self.kind == "counter" else self.name


_VENUE = ("exchange", "market")
_STREAM = (*_VENUE, "symbol", "channel")


def _counters(*rows: tuple[str, str, tuple[str, ...]]) -> list[Spec]:
    return [Spec(f"tapeline_{name}", "counter", text, labels) for name, text, labels in rows]


def _gauges(*rows: tuple[str, str, tuple[str, ...]]) -> list[Spec]:
    return [Spec(f"tapeline_{name}", "gauge", text, labels) for name, text, labels in rows]


def _latencies(*rows: tuple[str, str, tuple[str, ...]]) -> list[Spec]:
    return [Spec(f"tapeline_{name}", "histogram", text, labels) for name, text, labels in rows]


_ADAPTERS = [
    *_counters(
        ("adapters_frames", "Frames taken from sockets and judged.", _VENUE),
        ("adapters_received_bytes", "Bytes of these frames.", _VENUE),
        ("adapters_reconnects", "Connections beyond the first of each line.", _VENUE),
        ("adapters_connects", "WebSocket connections opened.", ("line",)),
        ("adapters_connection_ends", "Connections left, by reason.", ("kind",)),
        ("adapters_line_faults", "Restarts after an internal error: a defect.", ("line",)),
        ("adapters_refused_subscriptions", "Streams the venue refused.", ("line",)),
        ("adapters_book_recoveries", "Snapshots asked for.", ("market",)),
        ("adapters_rest_requests", "GET requests, by answer.", ("status",)),
    ),
    *_gauges(
        ("adapters_lines", "Connections that are wanted.", _VENUE),
        ("adapters_line_up", "1 while connected.", ("line",)),
        ("adapters_line_paused", "1 while the socket is not read: too much waits.", ("line",)),
        ("adapters_inbox_frames", "Frames read from sockets that wait to be judged.", _VENUE),
        ("adapters_inbox_capacity_frames", "Where the sockets are not read any more.", _VENUE),
        ("adapters_streams", "Subscriptions that must not be silent.", _VENUE),
        ("adapters_stale_streams", "Those silent for longer than allowed.", _VENUE),
        ("adapters_stream_silence_seconds", "Since the newest frame of a stream.", _STREAM),
        ("adapters_stream_allowed_silence_seconds", "How long it may be silent.", _STREAM),
        ("adapters_books_unsynced", "Books that want a snapshot.", ("market",)),
        ("adapters_standby_first_events", "Events this line brought first.", ("line",)),
        ("adapters_standby_late_events", "Events another line had brought.", ("line",)),
        ("adapters_standby_missed_events", "Events only another line brought.", ("line",)),
        ("adapters_standby_lag_p99_seconds", "How late this line's copies are.", ("line",)),
    ),
    *_latencies(
        (
            "adapters_exchange_to_received_seconds",
            "From the venue's time to ours, of a sample of batches; a clock ahead counts as 0.",
            (*_VENUE, "type"),
        ),
    ),
]
_CLEANING = [
    *_counters(
        ("cleaning_frames", "Frames judged.", _VENUE),
        (
            "cleaning_items",
            "Things that get a verdict each: frames, list elements, replies.",
            _VENUE,
        ),
        ("cleaning_events", "Events made, by type.", (*_VENUE, "type")),
        ("cleaning_quality_events", "Events by quality.", (*_VENUE, "quality")),
        ("cleaning_quarantined_frames", "Frames quarantined.", (*_VENUE, "reason")),
        ("cleaning_duplicate_events", "Events that were out already.", _VENUE),
        ("cleaning_control_frames", "Acknowledgements and such.", (*_VENUE, "kind")),
        ("cleaning_unsupported_frames", "Frames of other types.", (*_VENUE, "type")),
        ("cleaning_fallback_frames", "Events the general parser had to read.", _VENUE),
        ("cleaning_gaps_opened", "Holes found in the venue's ids.", _VENUE),
        *(
            (f"cleaning_stage_{side}_frames", f"Per stage of cleaning: {side}.", (*_VENUE, "stage"))
            for side in ("in", "out", "repaired", "flagged", "quarantined")
        ),
    ),
    *_gauges(
        (
            "cleaning_residual_items",
            "Things without a verdict: anything but 0 is a defect.",
            _VENUE,
        ),
        ("cleaning_open_gaps", "Holes that are still open.", _VENUE),
        ("cleaning_missing_events", "Ids missing in the open holes.", _VENUE),
        ("cleaning_forgotten_gaps", "Holes beyond what is remembered.", _VENUE),
        ("cleaning_books", "Books kept, by state.", (*_VENUE, "state")),
    ),
]
_TRANSPORT = [
    *_counters(
        ("transport_sent_messages", "Messages handed to the bus.", ()),
        ("transport_redelivered_messages", "Sent again after a failure or no answer.", ()),
    ),
    *_gauges(
        ("transport_messages", "Messages by where they are.", ("state",)),
        ("transport_pending_messages", "Neither acknowledged nor refused yet.", ()),
        ("transport_capacity_messages", "How many may be pending in memory.", ()),
        ("transport_stalled_seconds", "Messages wait and none was acknowledged for so long.", ()),
    ),
    *_latencies(
        ("transport_send_to_ack_seconds", "From handed to the bus to acknowledged.", ()),
    ),
]
_STORAGE = [
    *_counters(
        ("storage_messages", "Messages handled.", ("target",)),
        ("storage_redelivered_messages", "Messages stored before.", ("target",)),
        ("storage_commits", "Chunks stored.", ("target",)),
        ("storage_write_seconds", "Time from decoding to stored.", ("target",)),
        ("storage_bytes", "Encoded bytes of what was stored.", ("target",)),
        ("storage_rows", "Rows stored.", ("target", "type")),
        ("storage_dead_letters", "Messages and rows dead-lettered.", ("target", "reason")),
        ("storage_faults", "Attempts that failed and are made again.", ("target", "kind")),
        ("storage_absent_messages", "The bus no longer had them when they were due.", ("target",)),
    ),
    *_gauges(
        ("storage_lag_messages", "Messages on the bus not read yet.", ("target",)),
        ("storage_buffered_bytes", "Bytes read and not stored.", ("target",)),
        ("storage_buffer_capacity_bytes", "Where reading pauses.", ("target",)),
        ("storage_paused_state", "1 while reading waits for the store.", ("target",)),
        ("storage_up_state", "1 while the store takes what it is given.", ("target",)),
        (
            "storage_residual_messages",
            "Without a verdict: anything but 0 is a defect.",
            ("target",),
        ),
    ),
    *_latencies(
        ("storage_flush_seconds", "One chunk, from decoding to stored.", ("target",)),
        (
            "storage_published_to_stored_seconds",
            "From sent by the collector to stored, of a sample of messages.",
            ("target",),
        ),
    ),
]
_API = [
    *_counters(
        ("api_requests", "Requests answered, by route as declared.", ("route", "status")),
        ("api_queries_answered", "Queries of stores that were answered.", ()),
        ("api_queries_refused", "Queries refused because too many waited.", ()),
        ("api_live_events", "Events given to the live socket that somebody listens to.", ()),
        ("api_live_skipped_events", "Events slow clients were not sent, but told of.", ()),
        ("api_live_conflations", "How often a book of now replaced changes that waited.", ()),
        ("api_live_ended_clients", "WebSocket clients the server ended.", ("reason",)),
    ),
    *_gauges(
        ("api_queries_running", "Queries that read a store now.", ()),
        ("api_queries_waiting", "Queries that wait for a worker.", ()),
        ("api_live_feed_up", "1 while the bus of the live feed answers.", ()),
        ("api_live_clients", "WebSocket clients connected.", ()),
        ("api_live_streams", "Streams of the live feed, by state.", ("state",)),
    ),
    *_latencies(
        ("api_request_seconds", "From request to the end of its answer.", ("route",)),
        ("api_live_bus_seconds", "From sent by the collector to read by the live feed.", ()),
        ("api_live_encoding_seconds", "From read to encoded for clients.", ()),
        ("api_live_handing_seconds", "From encoded to taken by the event loop's queue.", ()),
    ),
]
_APPS = [
    *_counters(("telemetry_scrape_faults", "Readings that failed in a scrape: a defect.", ())),
    *_gauges(
        ("apps_build_info", "1; the labels say what runs.", ("role", "version", "python")),
        ("apps_ready_state", "1 while `/health/ready` is green.", ()),
        ("apps_live_state", "1 while `/health/live` is green.", ()),
        ("apps_loop_lag_seconds", "Event-loop lag, newest.", ()),
        ("apps_disk_free_bytes", "Free where data is written.", ("place",)),
        ("apps_disk_size_bytes", "Size of that file system.", ("place",)),
    ),
    *_latencies(
        ("apps_received_to_pushed_seconds", "From received to judged; a batch's oldest.", _VENUE),
        ("apps_push_seconds", "Judging and encoding one batch of frames.", _VENUE),
        ("apps_loop_lag_distribution_seconds", "Event-loop lag, 20 times a second.", ()),
    ),
]

CATALOGUE: Final[Mapping[str, Spec]] = {
    spec.name: spec
    for layer in (_ADAPTERS, _CLEANING, _TRANSPORT, _STORAGE, _API, _APPS)
    for spec in layer
}
"""Every metric by name (without ``_total``)."""
