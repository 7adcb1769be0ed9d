"""One market of a running collector: what it collects and knows, and how that changes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tapeline.adapters.connection.feed import Feed
from tapeline.adapters.connection.recovery import Snapshot
from tapeline.apps.collect_plan import VenuePlan
from tapeline.apps.instrument_refresh import newly_listed
from tapeline.apps.pump import Pump
from tapeline.cleaning.native import NativeNormalizer
from tapeline.model import Instrument
from tapeline.telemetry.log import logger
from tapeline.transport.ports import MessageSink

_LOG = logger("tapeline.apps.collect")


@dataclass(slots=True)
class Market:
    """One market of a run: its plan, normaliser, pump and feed."""

    plan: VenuePlan
    normalizer: NativeNormalizer
    pump: Pump
    feed: Feed

    def snapshot(self, raw_symbol: str) -> Snapshot:
        """Return how an instrument's book is fetched now."""
        return self.plan.snapshot(raw_symbol)

    def learn(self, instruments: Sequence[Instrument]) -> None:
        """Accept instruments that are not known, so that they can be subscribed to."""
        new = newly_listed(self.plan, instruments)
        if new:
            self.normalizer.learn_instruments(new)
            self.plan = replace(self.plan, listed=(*self.plan.listed, *new))

    def update(self, plan: VenuePlan, sink: MessageSink) -> None:
        """Subscribe to what is new in a plan, unsubscribe from what is gone."""
        symbols = [each.raw_symbol for each in plan.feed.instruments]
        sink.create_topics(self.normalizer.topics(symbols))
        new, gone = self.feed.update(plan.feed)
        self.plan = plan
        _LOG.info(
            "subscriptions changed",
            market=plan.name,
            subscribed=[each.name for each in new],
            unsubscribed=[each.name for each in gone],
        )
