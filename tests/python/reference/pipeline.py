"""The pipeline: one frame in, one verdict out."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from .anomalies import AnomalyStage, Limits
from .continuity import Observation, Statement
from .counting import Counters
from .decimals import PRICE_BOUND, QUANTITY_BOUND, check_notional, has_exponent, to_exact
from .faults import FaultError
from .fields import Fields, check_fields, check_structure
from .issues import grade, ordered
from .output import Output
from .reading import ControlFrame, TradeMessage, Unsupported, is_text, read
from .records import UNKNOWN, Control, Gap, Instrument, QuarantineRecord, TradeRecord
from .symbols import check_symbol, event_id, stream_prefix

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
        return output

    def gaps(self) -> list[Gap]:
        """Return what is missing now."""
        return sorted(
            Gap(self._listed[raw_symbol], raw_symbol, channel, first, last)
            for (raw_symbol, channel), stage in self._anomalies.items()
            for first, last in stage.stream.lost + stage.stream.gaps.ranges
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
        message: TradeMessage | None = None
        try:
            reading = read(frame, self._max_frame_bytes)
            if isinstance(reading, TradeMessage):
                message = reading
                self._clean(message, frame, received_ns, output)
            elif isinstance(reading, ControlFrame):
                self._tally.control[reading.kind] += 1
                output.controls.append(Control(index, reading.kind))
            else:
                assert isinstance(reading, Unsupported)
                self._tally.unsupported[reading.type] += 1
        except FaultError as fault:
            self._quarantine(fault, message, frame, received_ns, output)

    def _quarantine(
        self,
        fault: FaultError,
        message: TradeMessage | None,
        frame: bytes,
        received_ns: int | None,
        output: Output,
    ) -> None:
        self._tally.quarantined[fault.reason] += 1
        self._tally.stages[fault.stage - 1].quarantined += 1
        instrument = UNKNOWN
        if message is not None:
            symbol = message.message.get("s")
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
        self._tally.events += 1
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
