"""The pipeline: one frame in, one verdict out."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import xxhash

from .anomalies import AnomalyStage, Limits
from .book_fields import check_fields as check_book_fields
from .book_fields import check_structure as check_book_structure
from .book_fields import has_exponents, to_levels
from .book_reading import BookMessage
from .book_stream import BookSeen, BookStage
from .continuity import Observation, Statement
from .counting import Counters
from .decimals import PRICE_BOUND, QUANTITY_BOUND, check_notional, has_exponent, to_exact
from .faults import FaultError
from .fields import Fields, check_fields, check_structure
from .issues import grade, ordered
from .output import Output
from .reading import ControlFrame, TradeMessage, Unsupported, read
from .records import (
    UNKNOWN,
    BookRecord,
    Control,
    Gap,
    Instrument,
    QuarantineRecord,
    TradeRecord,
)
from .symbols import check_symbol, event_id, stream_prefix
from .values import is_text

KEPT_RAW_BYTES = 200_000


class Reference:
    """The Binance spot pipeline of docs/cleaning.md.

    Parameters
    ----------
    instruments : mapping of str to str
        Venue's symbol to normalised symbol.
    time_unit : {"ms", "us"}
        The unit of times on the connection.
    limits : Limits
        Thresholds of the time rules.
    max_frame_bytes : int
        Longer frames are refused.
    keep_raw : {"imperfect", "all"}
        Whose bytes are kept.
    """

    def __init__(
        self,
        instruments: Mapping[str, str],
        *,
        time_unit: Literal["ms", "us"] = "ms",
        limits: Limits | None = None,
        max_frame_bytes: int = 4_194_304,
        keep_raw: Literal["imperfect", "all"] = "imperfect",
    ) -> None:
        self._listed = dict(instruments)
        self._time_unit = time_unit
        self._limits = limits or Limits()
        self._max_frame_bytes = max_frame_bytes
        self._keeps_all_raw = keep_raw == "all"
        self._anomalies: dict[tuple[str, str], AnomalyStage] = {}
        self._books: dict[tuple[str, str], BookStage] = {}
        self._prefixes: dict[tuple[str, str], int] = {}
        self._tally = Counters()

    def push(
        self, frames: Sequence[bytes], received_ns: int | Sequence[int | None] | None
    ) -> Output:
        """Give every frame its verdict.

        Parameters
        ----------
        frames : sequence of bytes
            Frames as received.
        received_ns : int, sequence of int or None, or None
            Receive time of all frames, or of each one.
        """
        if received_ns is None or isinstance(received_ns, int):
            times: Sequence[int | None] = [received_ns] * len(frames)
        else:
            times = received_ns
        output = Output()
        for index, (frame, time_ns) in enumerate(zip(frames, times, strict=True)):
            self._push_one(index, frame, time_ns, output)
        return output

    def finish(self, received_ns: int | None) -> Output:
        """State the range that each stream saw."""
        output = Output()
        for (raw_symbol, channel), stage in self._anomalies.items():
            first, latest = stage.stream.first, stage.stream.latest
            assert first is not None
            assert latest is not None
            said = Statement(
                "session_end", first.id, latest.id, first.timestamp_ns, latest.timestamp_ns
            )
            output.state(self._instrument(raw_symbol), channel, said, received_ns)
        for (raw_symbol, _), book in self._books.items():
            output.coverage[self._instrument(raw_symbol)].append(book.end(received_ns))
        return output

    def gaps(self) -> list[Gap]:
        """Return what is missing now."""
        missing = {
            **{
                key: one.stream.lost + one.stream.gaps.ranges
                for key, one in self._anomalies.items()
            },
            **{key: one.lost + one.gaps for key, one in self._books.items()},
        }
        return sorted(
            Gap(self._listed[raw_symbol], raw_symbol, channel, first, last)
            for (raw_symbol, channel), ranges in missing.items()
            for first, last in ranges
        )

    def counters(self) -> dict[str, Any]:
        """Return all counters, in the form of ``Normalizer.counters()``."""
        return self._tally.as_dict()

    def residual(self) -> int:
        """Return the number of frames without a verdict: 0."""
        return self._tally.residual()

    # -- one frame -----------------------------------------------------------------------------

    def _push_one(self, index: int, frame: bytes, received_ns: int | None, output: Output) -> None:
        self._tally.frames += 1
        self._tally.stages[0].entered += 1
        symbol: object = None
        try:
            reading = read(frame, self._max_frame_bytes)
            if isinstance(reading, TradeMessage):
                symbol = reading.message.get("s")
                self._clean(reading, frame, received_ns, output)
            elif isinstance(reading, BookMessage):
                symbol = reading.fields.get(reading.keys.symbol)
                self._clean_book(reading, frame, received_ns, output)
            elif isinstance(reading, ControlFrame):
                self._tally.control[reading.kind] += 1
                output.controls.append(Control(index, reading.kind))
            else:
                assert isinstance(reading, Unsupported)
                self._tally.unsupported[reading.type] += 1
        except FaultError as fault:
            self._quarantine(fault, symbol, frame, received_ns, output)

    def _quarantine(
        self,
        fault: FaultError,
        symbol: object,
        frame: bytes,
        received_ns: int | None,
        output: Output,
    ) -> None:
        self._tally.quarantined[fault.reason] += 1
        self._tally.stages[fault.stage - 1].quarantined += 1
        instrument = UNKNOWN
        if is_text(symbol) and symbol in self._listed:
            instrument = self._instrument(symbol)
        record = QuarantineRecord(
            fault.reason,
            fault.stage,
            fault.field,
            fault.offset,
            received_ns,
            frame[:KEPT_RAW_BYTES],
            len(frame),
        )
        output.quarantine[instrument].append(record)

    def _instrument(self, raw_symbol: str) -> Instrument:
        return Instrument(raw_symbol, self._listed[raw_symbol])

    # -- the six stages ------------------------------------------------------------------------

    def _clean(
        self, trade: TradeMessage, frame: bytes, received_ns: int | None, output: Output
    ) -> None:
        structure, fields_, symbol, precision, receive_time, _ = self._tally.stages
        issues: list[str] = []

        check_structure(trade, issues)
        structure.leave(issues)

        fields_.entered += 1
        before = len(issues)
        fields = check_fields(trade, self._time_unit, received_ns, issues)
        fields_.leave(issues[before:])

        symbol.entered += 1
        check_symbol(fields.symbol, trade.stream_symbol, self._listed)
        symbol.leave([])

        precision.entered += 1
        price = to_exact(fields.price, "p", PRICE_BOUND)
        quantity = to_exact(fields.quantity, "q", QUANTITY_BOUND)
        check_notional(price, quantity)
        has_exponents = has_exponent(fields.price) or has_exponent(fields.quantity)
        remarks = ["exponent_notation"] if has_exponents else []
        precision.leave(remarks)

        receive_time.entered += 1
        late_remarks = ["no_receive_time"] if received_ns is None else []
        receive_time.leave(late_remarks)

        observation = Observation(
            fields.id, fields.timestamp_ns, fields.published_ns, price, quantity
        )
        issues += remarks + late_remarks
        self._flag(trade.channel, fields, observation, issues, frame, received_ns, output)

    def _flag(
        self,
        channel: str,
        fields: Fields,
        observation: Observation,
        issues: list[str],
        frame: bytes,
        received_ns: int | None,
        output: Output,
    ) -> None:
        """Stage 6, and the event."""
        anomaly = self._tally.stages[5]
        anomaly.entered += 1
        stream = (fields.symbol, channel)
        if stream not in self._anomalies:
            self._anomalies[stream] = AnomalyStage(self._limits)
            self._prefixes[stream] = stream_prefix("binance", "spot", channel, fields.symbol)
        instrument = self._instrument(fields.symbol)
        verdict = self._anomalies[stream].judge(observation, received_ns)
        if not any(said.kind == "gap_filled" for said in verdict.statements):
            output.end_merging(instrument, channel)
        if verdict.outcome == "duplicate":
            self._tally.duplicates += 1
            return
        if verdict.outcome == "conflict":
            raise FaultError("id_conflict", fields.id_key, stage=6)
        for said in verdict.statements:
            output.state(instrument, channel, said, received_ns)
            self._tally.gaps_opened += said.kind == "gap_opened"
        anomaly.leave(list(verdict.issues))
        all_issues = ordered(issues + list(verdict.issues))
        quality = grade(all_issues)
        self._tally.events["trade"] += 1
        self._tally.quality[quality] += 1
        record = TradeRecord(
            event_id=event_id(self._prefixes[stream], fields.id),
            native_id=str(fields.id),
            timestamp_ns=fields.timestamp_ns,
            received_ns=received_ns,
            published_ns=fields.published_ns,
            price=observation.price,
            quantity=observation.quantity,
            side="sell" if fields.is_buyer_maker else "buy",
            quality=quality,
            issues=all_issues,
            metadata=fields.metadata,
            raw=frame[:KEPT_RAW_BYTES] if quality != "perfect" or self._keeps_all_raw else b"",
        )
        output.trades[instrument].append(record)

    # -- order books ---------------------------------------------------------------------------

    def _clean_book(
        self, book: BookMessage, frame: bytes, received_ns: int | None, output: Output
    ) -> None:
        structure, fields_, symbol, precision, receive_time, anomaly = self._tally.stages
        issues: list[str] = []

        check_book_structure(book, issues)
        structure.leave(issues)

        fields_.entered += 1
        before = len(issues)
        fields = check_book_fields(book, self._time_unit, received_ns, issues)
        fields_.leave(issues[before:])

        symbol.entered += 1
        check_symbol(fields.symbol, book.stream_symbol, self._listed, book.keys.symbol)
        symbol.leave([])

        precision.entered += 1
        bids, asks = to_levels(fields.bids, book.keys.bids), to_levels(fields.asks, book.keys.asks)
        remarks = ["exponent_notation"] if has_exponents(fields) else []
        precision.leave(remarks)

        receive_time.entered += 1
        late_remarks = ["no_receive_time"] if received_ns is None else []
        receive_time.leave(late_remarks)

        anomaly.entered += 1
        content_hash = xxhash.xxh3_64_intdigest(book.content)
        seen = BookSeen(
            fields.first_id,
            fields.last_id,
            fields.timestamp_ns,
            fields.published_ns,
            received_ns,
            content_hash,
            bids,
            asks,
        )
        stream = (fields.symbol, book.channel)
        if stream not in self._books:
            self._books[stream] = BookStage(book.channel, self._limits)
            self._prefixes[stream] = stream_prefix("binance", "spot", book.channel, fields.symbol)
        verdict = self._books[stream].judge(seen)
        instrument = self._instrument(fields.symbol)
        if verdict.statements:
            output.coverage[instrument] += verdict.statements
        self._tally.gaps_opened += sum(said.kind == "gap_opened" for said in verdict.statements)
        if verdict.is_duplicate:
            self._tally.duplicates += 1
            return
        anomaly.leave(verdict.issues)
        all_issues = ordered(issues + remarks + late_remarks + verdict.issues)
        quality = grade(all_issues)
        self._tally.events["orderbook"] += 1
        self._tally.quality[quality] += 1
        output.books[instrument].append(
            BookRecord(
                event_id=event_id(self._prefixes[stream], content_hash),
                native_id="" if fields.last_id is None else str(fields.last_id),
                timestamp_ns=fields.timestamp_ns,
                received_ns=received_ns,
                published_ns=fields.published_ns,
                depth=book.depth,
                action=book.action,
                origin="wire",
                first_update_id=fields.first_id,
                last_update_id=fields.last_id,
                prev_update_id=None,
                bids=bids,
                asks=asks,
                quality=quality,
                issues=all_issues,
                metadata=(),
                raw=frame[:KEPT_RAW_BYTES] if quality != "perfect" or self._keeps_all_raw else b"",
            )
        )
