//! From a raw record of another type than a trade to its topics.

use super::normalizer::{Arrived, Core};
use super::ports::Sink;
use crate::cleaning::{MAX_LEVELS, Verdict};
use crate::model::{RawBook, RawFunding, RawLiquidation};
use crate::wire::MAX_BOOK_LEVELS;

// A message that passed must fit a batch.
const _: () = assert!(MAX_LEVELS <= MAX_BOOK_LEVELS);

impl Core {
    pub(super) fn book<S: Sink>(&mut self, arrived: Arrived<'_>, raw: &RawBook<'_>, sink: &mut S) {
        let (counters, reports) = (&mut self.counters, &mut self.reports);
        let verdict = self
            .pipeline
            .clean_book(raw, arrived.received, counters, reports);
        match verdict {
            Verdict::Event(instrument, mut event) => {
                event.head.raw = self.kept.of_event(event.head.issues, arrived.bytes);
                self.outlets.book(instrument, &event, sink);
                self.report(instrument, sink);
            }
            Verdict::Duplicate(instrument) => self.report(instrument, sink),
            Verdict::Unsupported => self.count_unsupported(raw.stream.channel, false),
            Verdict::Quarantine(rejected) => self.reject(arrived, &rejected, sink),
        }
        if self.book_every != 0 {
            self.emit_snapshot(sink);
        }
    }

    /// Sends on the snapshot of the book that the latest message changed, when one is due.
    fn emit_snapshot<S: Sink>(&mut self, sink: &mut S) {
        if let Some((instrument, event)) = self.pipeline.due_snapshot(self.book_every) {
            self.outlets.book(instrument, &event, sink);
            self.counters.book_snapshots += 1;
        }
    }

    pub(super) fn funding<S: Sink>(
        &mut self,
        arrived: Arrived<'_>,
        raw: &RawFunding<'_>,
        sink: &mut S,
    ) {
        let (counters, reports) = (&mut self.counters, &mut self.reports);
        let verdict = self
            .pipeline
            .clean_funding(raw, arrived.received, counters, reports);
        match verdict {
            Verdict::Event(instrument, mut event) => {
                event.head.raw = self.kept.of_event(event.head.issues, arrived.bytes);
                self.outlets.funding(instrument, &event, sink);
                self.report(instrument, sink);
            }
            Verdict::Duplicate(instrument) => self.report(instrument, sink),
            Verdict::Unsupported => self.count_unsupported(raw.channel, false),
            Verdict::Quarantine(rejected) => self.reject(arrived, &rejected, sink),
        }
    }

    pub(super) fn liquidation<S: Sink>(
        &mut self,
        arrived: Arrived<'_>,
        raw: &RawLiquidation<'_>,
        sink: &mut S,
    ) {
        let (counters, reports) = (&mut self.counters, &mut self.reports);
        let verdict = self
            .pipeline
            .clean_liquidation(raw, arrived.received, counters, reports);
        match verdict {
            Verdict::Event(instrument, mut event) => {
                event.head.raw = self.kept.of_event(event.head.issues, arrived.bytes);
                self.outlets.liquidation(instrument, &event, sink);
                self.report(instrument, sink);
            }
            Verdict::Duplicate(instrument) => self.report(instrument, sink),
            Verdict::Unsupported => self.count_unsupported(raw.channel, false),
            Verdict::Quarantine(rejected) => self.reject(arrived, &rejected, sink),
        }
    }
}
