"""What one push gives: records by instrument, in the order of their frames."""

from collections import defaultdict

from .continuity import Statement
from .records import (
    BookRecord,
    Control,
    CoverageRecord,
    FundingRecord,
    Instrument,
    LiquidationRecord,
    QuarantineRecord,
    TradeRecord,
)


class Output:
    """The records of one push.

    `merge` joins the fillings of consecutive late ids of one stream to one record; anything else
    that happens to the stream calls `end_merging`.
    """

    def __init__(self) -> None:
        self.trades: dict[Instrument, list[TradeRecord]] = defaultdict(list)
        self.books: dict[Instrument, list[BookRecord]] = defaultdict(list)
        self.fundings: dict[Instrument, list[FundingRecord]] = defaultdict(list)
        self.liquidations: dict[Instrument, list[LiquidationRecord]] = defaultdict(list)
        self.quarantine: dict[Instrument, list[QuarantineRecord]] = defaultdict(list)
        self.coverage: dict[Instrument, list[CoverageRecord]] = defaultdict(list)
        self.controls: list[Control] = []
        self._growing: dict[tuple[Instrument, str], int] = {}

    def state(
        self, instrument: Instrument, channel: str, said: Statement, received_ns: int | None
    ) -> None:
        """Add a coverage record, or lengthen the one before it."""
        records = self.coverage[instrument]
        at = self._growing.get((instrument, channel))
        is_filling = said.kind == "gap_filled"
        if is_filling and at is not None and records[at].last_id == said.first_id - 1:
            records[at] = records[at]._replace(
                last_id=said.last_id, end_ns=said.end_ns, received_ns=received_ns
            )
            return
        is_gap = is_filling or said.kind == "gap_opened"
        proof = "proven_gap" if channel == "aggTrade" and is_gap else "inferred"
        records.append(CoverageRecord(said.kind, proof, channel, *said[1:], received_ns, ""))
        if is_filling:
            self._growing[instrument, channel] = len(records) - 1

    def end_merging(self, instrument: Instrument, channel: str) -> None:
        """Something else happened to the stream: its next filling is a record of its own."""
        self._growing.pop((instrument, channel), None)
