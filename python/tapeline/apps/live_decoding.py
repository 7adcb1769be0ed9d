"""Messages of the bus as publications for the live socket."""

from collections.abc import Iterable, Iterator
from typing import Final

import pyarrow as pa

from tapeline.api.live.encoder import Encoder, Instrument
from tapeline.api.live.publications import Publication
from tapeline.api.live.topics import EVENT_TYPES, TopicKey
from tapeline.apps.batch_reader import Batch
from tapeline.errors import ArgumentError
from tapeline.telemetry.log import logger
from tapeline.wire.native import decode

_LOG: Final = logger("tapeline.apps.live")
_BOOK: Final = "orderbook"


class LiveDecoder:
    """Decodes batches in Rust and encodes them for clients.

    Parameters
    ----------
    encoder
        Makes the publications.
    book_every_ns
        A book is published at most so often: its changes add up meanwhile.
    """

    def __init__(self, encoder: Encoder, book_every_ns: int) -> None:
        self._encoder = encoder
        self._book_every_ns = book_every_ns
        self._due_ns: dict[Instrument, int] = {}
        self._changed: set[Instrument] = set()
        self.undecodable = 0
        """Batches that could not be decoded, or whose rows make no book."""

    def take(self, batches: Iterable[Batch]) -> list[Publication]:
        """Take batches in their order; return the events among them that somebody listens to."""
        found: list[Publication] = []
        for event_type, values in _runs(batches, self._encoder):
            for rows in self._rows(event_type, values):
                if event_type != _BOOK:
                    found.extend(self._encoder.events(event_type, rows))
                    continue
                self._keep(rows)
        return found

    def books(self, now_ns: int) -> list[Publication]:
        """Return what changed in the books that are due."""
        due = [each for each in self._changed if self._due_ns.get(each, 0) <= now_ns]
        found: list[Publication] = []
        for instrument in due:
            self._changed.discard(instrument)
            self._due_ns[instrument] = now_ns + self._book_every_ns
            found.extend(self._encoder.books(instrument))
        return found

    @property
    def has_changed_books(self) -> bool:
        """Whether some book waits to be published."""
        return bool(self._changed)

    def _keep(self, rows: pa.RecordBatch) -> None:
        try:
            self._changed.add(self._encoder.keep_book(rows))
        except ArgumentError as error:
            # Rows that no version of ours writes: one instrument's book, not the whole feed.
            self.undecodable += 1
            _LOG.warning("order-book rows make no book", error=str(error))

    def _rows(self, event_type: str, values: list[bytes]) -> list[pa.RecordBatch]:
        events = decode(values, event_type=event_type, errors="collect")
        self.undecodable += len(events.rejected)
        if not len(events):
            return []
        batches: list[pa.RecordBatch] = events.to_arrow().combine_chunks().to_batches()
        return batches


def _runs(batches: Iterable[Batch], encoder: Encoder) -> Iterator[tuple[str, list[bytes]]]:
    """Yield the values of each topic together, in their order; those nobody wants are left out."""
    found: dict[TopicKey, list[bytes]] = {}
    for batch in batches:
        info = batch.info
        key = TopicKey(batch.event_type, info.exchange, info.market, info.symbol)
        if batch.event_type == _BOOK or (
            batch.event_type in EVENT_TYPES and encoder.is_wanted(key)
        ):
            found.setdefault(key, []).append(batch.value)
    for key, values in found.items():
        yield key.type, values
