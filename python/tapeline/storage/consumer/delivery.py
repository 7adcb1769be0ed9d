"""One load on its way into a store: told apart, decoded, dead-lettered, written.

All of it happens on the thread that owns the store.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from tapeline.errors import RowError
from tapeline.storage.consumer.absences import with_statements
from tapeline.storage.consumer.batches import Batch, Rejected
from tapeline.storage.consumer.bisect import row_bytes, split_refused
from tapeline.storage.consumer.buffer import Load
from tapeline.storage.consumer.dead_letter import DeadLetter, DeadLetters
from tapeline.storage.consumer.decoding import decode_batches
from tapeline.storage.consumer.taken import Taken
from tapeline.storage.ports import Chunk, Mark, Partition, Store
from tapeline.storage.schema import EVENT_TYPES, LOG_OFFSET


@dataclass(slots=True)
class Outcome:
    """What became of the messages of one load."""

    messages: int = 0
    batches: int = 0
    """Messages whose rows were written."""
    redelivered: int = 0
    events: int = 0
    """In the batches that were not redelivered."""
    rows: Counter[str] = field(default_factory=Counter)
    """Written, by event type."""
    dead_letters: Counter[str] = field(default_factory=Counter)
    """Kept, by reason."""
    lost_events: int = 0
    """Events of batches that were dead-lettered whole."""
    statements: int = 0
    """Rows of coverage that no message brought: they say what is missing on the bus."""

    @property
    def residual(self) -> int:
        """Messages and events without a verdict; anything but 0 is a defect."""
        refused = self.dead_letters["refused_row"]
        whole = sum(self.dead_letters.values()) - refused
        messages = self.messages - self.batches - self.redelivered - whole
        brought = sum(self.rows.values()) - self.statements
        events = self.events - brought - refused - self.lost_events
        return abs(messages) + abs(events)


class Delivery:
    """Brings one load into a store; :meth:`run` may be called again after a fault that passes.

    Parameters
    ----------
    target
        The store's name, for dead letters.
    expected
        The next offset the store must have, for each partition of the load.
    taken
        What the store has; grows when the store has taken the load.
    now_ns
        Wall clock, Unix UTC nanoseconds: when it was known what is missing.
    """

    def __init__(
        self,
        load: Load,
        *,
        target: str,
        store: Store,
        dead_letters: DeadLetters,
        expected: Mapping[Partition, int | None],
        taken: Taken,
        now_ns: int,
    ) -> None:
        self.load = load
        self._target = target
        self._store = store
        self._dead_letters = dead_letters
        self._expected = expected
        self._taken = taken
        self._now_ns = now_ns
        self._outcome = Outcome(messages=load.messages)
        self._chunk: Chunk | None = None
        self._letters: list[DeadLetter] = []

    def run(self) -> Outcome:
        """Do what is left to do.

        Raises
        ------
        StoreUnavailableError, TransportError
            Try again later: what was prepared is kept.
        StoreConflictError
            Give the load up; read the store's progress.
        """
        if self._chunk is None:
            self._chunk = self._prepare()
        self._send_letters()
        try:
            self._store.write(self._chunk)
        except RowError:
            self._chunk = self._without_refused(self._chunk)
            self._send_letters()
            self._store.write(self._chunk)
        self._taken.add(self._chunk.marks)
        self._outcome.rows.update(
            {name: table.num_rows for name, table in self._chunk.tables.items()}
        )
        return self._outcome

    def _prepare(self) -> Chunk:
        for each in self.load.rejected:
            self._reject(each)
        fresh = self._fresh()
        self._outcome.events = sum(batch.event_count for batch in fresh)
        tables: dict[str, pa.Table] = {}
        marks: list[Mark] = []
        for event_type in EVENT_TYPES:
            batches = [batch for batch in fresh if batch.event_type == event_type]
            if not batches:
                continue
            table, rejected, decoded = decode_batches(event_type, batches)
            for each in rejected:
                self._reject(each)
            if table.num_rows:
                tables[event_type] = table
            marks += [batch.mark for batch in decoded]
            self._outcome.batches += len(decoded)
            self._outcome.lost_events += sum(batch.event_count for batch in batches) - sum(
                batch.event_count for batch in decoded
            )
        absences = self.load.absences
        self._outcome.statements = len(absences)
        told = with_statements(tables, absences, self.load.batches, self._now_ns)
        return Chunk(told, self._expected, self.load.following, marks)

    def _fresh(self) -> list[Batch]:
        """Leave out what the store has, and what is twice in this load."""
        fresh: dict[Mark, Batch] = {}
        for batch in self.load.batches:
            if batch.mark in self._taken or batch.mark in fresh:
                self._outcome.redelivered += 1
            else:
                fresh[batch.mark] = batch
        return list(fresh.values())

    def _without_refused(self, chunk: Chunk) -> Chunk:
        """Take out the rows the store will never take; they become dead letters."""
        tables: dict[str, pa.Table] = {}
        found: list[tuple[str, pa.Table, str]] = []
        for event_type, table in chunk.tables.items():

            def rehearse(part: pa.Table, event_type: str = event_type) -> None:
                self._store.rehearse({event_type: part})

            accepted, refused = split_refused(table, rehearse)
            if accepted.num_rows:
                tables[event_type] = accepted
            found += [(event_type, row, reason) for row, reason in refused]
        # Only now: when the store goes away in between, all of it is done again.
        for event_type, row, reason in found:
            self._refuse(event_type, row, reason)
        return Chunk(tables, chunk.expected, chunk.offsets, chunk.marks)

    def _reject(self, rejected: Rejected) -> None:
        message = rejected.message
        self._outcome.dead_letters[rejected.reason] += 1
        self._letters.append(
            DeadLetter(
                rejected.reason,
                rejected.detail,
                self._target,
                message.topic,
                message.partition,
                message.offset,
                message.key,
                message.value or b"",
            )
        )

    def _refuse(self, event_type: str, row: pa.Table, reason: str) -> None:
        names = [row[name][0].as_py() or "" for name in ("exchange", "market", "raw_symbol")]
        self._outcome.dead_letters["refused_row"] += 1
        self._letters.append(
            DeadLetter(
                "refused_row",
                reason,
                self._target,
                ".".join((event_type, *names)),
                0,
                row[LOG_OFFSET][0].as_py(),
                None,
                row_bytes(row),
            )
        )

    def _send_letters(self) -> None:
        if self._letters:
            self._dead_letters.put(self._letters)
            self._letters = []
