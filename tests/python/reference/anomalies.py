"""Stage 6 as a whole: continuity, time, price band, quantity, for one stream."""

from typing import NamedTuple

from .averages import DailyAverage, MarketAverage
from .continuity import Observation, Stream, Verdict
from .decimals import at_scale_18


class Limits(NamedTuple):
    """Thresholds in nanoseconds; ``stale_after_ns`` 0 switches that rule off."""

    future_after_ns: int = 5_000_000_000
    stale_after_ns: int = 60_000_000_000


class AnomalyStage:
    """Judges the events of one instrument and channel."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._market = MarketAverage()
        self._daily = DailyAverage()
        self.stream = Stream()

    def judge(self, event: Observation, received_ns: int | None) -> Verdict:
        """Return the verdict with the issues of all four rules."""
        verdict = self.stream.judge(event)
        if verdict.outcome != "event":
            return verdict
        issues = list(verdict.issues)
        issues += self._judge_time(event, received_ns)
        price, quantity = at_scale_18(event.price), at_scale_18(event.quantity)
        if self._market.is_out_of_band(price):
            issues.append("price_band")
        if self._daily.is_spike(quantity):
            issues.append("quantity_spike")
        self._market.move(price)
        self._daily.move(quantity, event.timestamp_ns)
        return verdict._replace(issues=tuple(issues))

    def _judge_time(self, event: Observation, received_ns: int | None) -> list[str]:
        issues = []
        if received_ns is not None:
            ahead = event.timestamp_ns - received_ns
            if ahead > self._limits.future_after_ns:
                issues.append("future_timestamp")
            if self._limits.stale_after_ns and -ahead > self._limits.stale_after_ns:
                issues.append("stale_timestamp")
        if event.published_ns is not None and event.published_ns < event.timestamp_ns:
            issues.append("time_reversed")
        return issues
