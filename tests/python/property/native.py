"""The real pipeline, in the form that the tests use for the reference."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import tapeline as tl
from tapeline.model import Instrument as ListedInstrument
from tests.python.reference.anomalies import Limits
from tests.python.reference.comparing import MessageReader
from tests.python.reference.output import Output
from tests.python.reference.records import Control, Gap


class NativePipeline:
    """``tapeline.Normalizer`` with its messages decoded.

    Parameters are those of `Reference`, and ``market``: exchange and market, with a space between.
    """

    def __init__(
        self,
        instruments: Mapping[str, str],
        *,
        market: str = "binance spot",
        time_unit: Literal["ms", "us"] = "ms",
        limits: Limits | None = None,
        max_frame_bytes: int = 4_194_304,
        keep_raw: Literal["imperfect", "all"] = "imperfect",
    ) -> None:
        limits = limits or Limits()
        exchange, its_market = market.split()
        self.normalizer = tl.Normalizer(
            exchange=exchange,
            market=its_market,
            instruments=[
                ListedInstrument(exchange, its_market, symbol, raw_symbol)
                for raw_symbol, symbol in instruments.items()
            ],
            time_unit=time_unit,
            future_after_ns=limits.future_after_ns,
            stale_after_ns=limits.stale_after_ns,
            max_frame_bytes=max_frame_bytes,
            keep_raw=keep_raw,
        )
        self._reader = MessageReader(exchange)

    def push(
        self, frames: Sequence[bytes], received_ns: int | Sequence[int | None] | None
    ) -> Output:
        """Push frames and read the messages back; counts of the push are checked too."""
        before = self.normalizer.counters()
        result = self.normalizer.push(frames, received_ns)
        self._check_counts(before, result, len(frames))
        for index, _, detail in result.controls:
            assert detail.encode() == frames[index]
        controls = [Control(index, kind) for index, kind, _ in result.controls]
        return self._reader.read(result.messages, _newest(received_ns), controls)

    def connection(
        self, state: Literal["lost", "restored"], received_ns: int, reason: str
    ) -> Output:
        """State what happened to the connection and read the messages back."""
        result = self.normalizer.connection(state, received_ns, reason)
        return self._reader.read(result.messages, received_ns, [])

    def finish(self, received_ns: int | None) -> Output:
        """End the session and read the messages back."""
        result = self.normalizer.finish(received_ns)
        return self._reader.read(result.messages, received_ns or 0, [])

    def counters(self) -> dict[str, Any]:
        """Return the counters but those that the reference has no notion of."""
        counters = self.normalizer.counters()
        assert counters.pop("fallbacks") >= 0
        assert counters.pop("gaps_forgotten") == 0
        return counters

    def gaps(self) -> list[Gap]:
        """Return what is missing now."""
        return [Gap(**gap) for gap in self.normalizer.gaps()]

    def _check_counts(self, before: dict[str, Any], result: Any, frames: int) -> None:  # noqa: ANN401
        after = self.normalizer.counters()
        assert result.frames == frames
        assert result.events == _total(after, "events") - _total(before, "events")
        assert result.quarantined == _total(after, "quarantined") - _total(before, "quarantined")
        assert result.control == _total(after, "control") - _total(before, "control")
        assert result.unsupported == _total(after, "unsupported") - _total(before, "unsupported")
        assert result.duplicates == after["duplicates"] - before["duplicates"]
        verdicts = result.events + result.quarantined + result.control + result.unsupported
        assert result.items == verdicts + result.duplicates, "the residual is not 0"


def _total(counters: dict[str, Any], name: str) -> int:
    return sum(counters[name].values())


def _newest(received_ns: int | Sequence[int | None] | None) -> int:
    """Return the default of ``sent_ns``: the newest receive time, else 0."""
    if received_ns is None or isinstance(received_ns, int):
        return received_ns or 0
    return max((time_ns for time_ns in received_ns if time_ns is not None), default=0)
