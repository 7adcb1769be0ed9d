//! The normalizer: one market of one exchange.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::kept::Kept;
use super::outlets::Outlets;
use super::patience::Patience;
use super::ports::{Frames, Sink, Slices, Tally};
use super::setup::{Setup, SetupError};
use super::unsupported::Unsupported;
use crate::adapters::{Arena, Frame, Market, Partly, Venue, asked_levels, with_asked_levels};
use crate::cleaning::{Counters, Pipeline, Rejected, Verdict};
use crate::model::{Coverage, Instrument, IssueCode, Malformed, Quarantine, RawTrade, UnixNanos};

/// Cleans and encodes the frames of one market. See `docs/cleaning.md`.
#[derive(Debug)]
pub struct Normalizer {
    venue: Venue,
    pub(super) setup: Setup,
    /// Lists and resolved escapes of the frame being read.
    arena: Arena,
    pub(super) core: Core,
}

/// What a frame that was read goes through.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) pipeline: Pipeline,
    pub(super) outlets: Outlets,
    /// Counts of the push going on; all zero between pushes.
    pub(super) counters: Counters,
    /// Counts of all pushes before.
    pub(super) total: Counters,
    pub(super) unsupported: Unsupported,
    pub(super) kept: Kept,
    pub(super) book_every: u32,
    /// Records of gaps that another line may fill.
    pub(super) patience: Patience,
    /// Statements that the record being cleaned gave.
    pub(super) reports: Vec<Coverage>,
}

/// One frame and what came with it.
#[derive(Clone, Copy)]
pub(super) struct Arrived<'a> {
    pub(super) index: usize,
    pub(super) bytes: &'a [u8],
    pub(super) received: Option<UnixNanos>,
}

/// The reply to a request.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// Full address of the request.
    pub url: &'a str,
    /// What came back.
    pub body: &'a [u8],
    /// When it came back.
    pub received: Option<UnixNanos>,
}

const INTERNAL: Malformed = Malformed {
    reason: IssueCode::Internal,
    field: "$",
    offset: None,
};
const TOO_LARGE: Malformed = Malformed {
    reason: IssueCode::FrameTooLarge,
    field: "$",
    offset: None,
};

impl Normalizer {
    /// Makes a normalizer without any state.
    ///
    /// # Errors
    /// See [`SetupError`].
    pub fn new(mut setup: Setup) -> Result<Self, SetupError> {
        let venue = setup.check()?;
        let instruments: Vec<_> = setup.take_instruments().into_iter().map(Arc::new).collect();
        let nowhere = Instrument {
            exchange: setup.exchange.clone(),
            market: setup.market.clone(),
            symbol: String::new(),
            raw_symbol: String::new(),
            contract_size: None,
            funding_interval_ns: None,
        };
        let core = Core {
            outlets: Outlets::new(&instruments, &nowhere, &setup.producer)?,
            pipeline: Pipeline::new(&instruments, setup.cleaning),
            counters: Counters::default(),
            total: Counters::default(),
            unsupported: Unsupported::default(),
            kept: Kept::new(setup.keep_raw),
            book_every: setup.book_every,
            patience: Patience::new(setup.gap_patience_ns),
            reports: Vec::new(),
        };
        Ok(Self {
            venue,
            setup,
            arena: Arena::new(),
            core,
        })
    }

    pub(super) const fn venue(&self) -> Venue {
        self.venue
    }

    /// Cleans and encodes `frames`; batches and control frames go to `sink`.
    ///
    /// `sent` is written into the batches; without it the newest receive time is. Should tapeline
    /// itself fail, all frames of the push are quarantined with reason `internal`.
    pub fn push<F: Frames, S: Sink>(
        &mut self,
        frames: &F,
        sent: Option<UnixNanos>,
        sink: &mut S,
    ) -> Tally {
        self.guarded(frames, sent, sink, |normalizer, sink| {
            normalizer.read(frames, sink);
            normalizer.core.end_push(sink);
        })
    }

    /// Reads the reply to a request as [`Normalizer::push`] reads a frame: a snapshot of a book is an
    /// event, any other reply is unsupported.
    pub fn push_reply<S: Sink>(
        &mut self,
        reply: &Reply<'_>,
        sent: Option<UnixNanos>,
        sink: &mut S,
    ) -> Tally {
        let Reply { body, received, .. } = *reply;
        let frames = Slices {
            frames: &[body],
            received,
        };
        let before = self.core.total;
        let tally = self.guarded(&frames, sent, sink, |normalizer, sink| {
            normalizer.read_reply(reply, sink);
            normalizer.core.end_push(sink);
        });
        // A reply that was quarantined after a panic was counted as the frame it is not.
        let counters = &mut self.core.total;
        if counters.frames != before.frames {
            counters.frames = before.frames;
            counters.replies = before.replies + 1;
        }
        Tally { frames: 0, ..tally }
    }

    /// Reads frames with the parsers of one market.
    #[inline]
    pub(super) fn read_as<M: Market, F: Frames, S: Sink>(&mut self, frames: &F, sink: &mut S) {
        for index in 0..frames.count() {
            let received = frames.received(index);
            match frames.frame(index) {
                Some(frame) => {
                    let bytes = frame.as_ref();
                    let arrived = Arrived {
                        index,
                        bytes,
                        received,
                    };
                    self.frame::<M, S>(arrived, sink);
                }
                None => {
                    let bytes = &[];
                    let arrived = Arrived {
                        index,
                        bytes,
                        received,
                    };
                    self.core.fail(arrived, sink);
                }
            }
        }
    }

    #[inline]
    fn frame<M: Market, S: Sink>(&mut self, arrived: Arrived<'_>, sink: &mut S) {
        let Self {
            arena, core, setup, ..
        } = self;
        core.counters.frames += 1;
        if arrived.bytes.len() > setup.max_frame_bytes {
            return core.malformed(arrived, TOO_LARGE, sink);
        }
        match M::parse_usual(arrived.bytes, arena) {
            Some(Frame::Trade(raw)) => {
                core.kept.begin(1);
                core.trade(arrived, &raw, sink);
            }
            Some(frame) => core.accept(arrived, &frame, sink),
            None => {
                let frame = M::parse(arrived.bytes, arena);
                core.counters.fallbacks += u64::from(has_events(&frame));
                core.accept(arrived, &frame, sink);
            }
        }
        arena.reset();
    }

    pub(super) fn read_reply_as<M: Market, S: Sink>(&mut self, reply: &Reply<'_>, sink: &mut S) {
        let Self {
            arena, core, setup, ..
        } = self;
        core.counters.replies += 1;
        let arrived = Arrived {
            index: 0,
            bytes: reply.body,
            received: reply.received,
        };
        if reply.body.len() > setup.max_frame_bytes {
            return core.malformed(arrived, TOO_LARGE, sink);
        }
        // A venue that is asked for more than it gives cuts its reply without a word.
        let asked = asked_levels(reply.url).map(|asked| asked.min(M::REPLY_LEVELS));
        let frame = with_asked_levels(M::parse_reply(reply.url, reply.body, arena), asked, arena);
        core.pipeline.expect_levels(asked);
        core.accept(arrived, &frame, sink);
        core.pipeline.expect_levels(None);
        arena.reset();
    }

    /// Runs `work`, the body of a push; when it panics, quarantines the push instead.
    fn guarded<F: Frames, S: Sink>(
        &mut self,
        frames: &F,
        sent: Option<UnixNanos>,
        sink: &mut S,
        work: impl FnOnce(&mut Self, &mut S),
    ) -> Tally {
        let sent = sent
            .or_else(|| frames.newest())
            .unwrap_or(UnixNanos::new(0));
        self.core.outlets.begin_push(sent);
        self.core.unsupported.begin_push();
        // State may be half changed after a panic, but every part of it stays valid by itself.
        if catch_unwind(AssertUnwindSafe(|| work(self, sink))).is_err() {
            self.arena.reset();
            self.core.quarantine_push(frames, sent, sink);
        }
        let core = &mut self.core;
        let tally = tally(&core.counters);
        core.total.take_over(&mut core.counters);
        tally
    }
}

impl Core {
    #[cold]
    fn quarantine_push<F: Frames, S: Sink>(&mut self, frames: &F, sent: UnixNanos, sink: &mut S) {
        self.outlets.end_push(sink);
        sink.discard();
        self.outlets.begin_push(sent);
        self.unsupported.roll_back();
        self.reports.clear();
        self.counters = Counters::default();
        for index in 0..frames.count() {
            let (frame, received) = (frames.frame(index), frames.received(index));
            let bytes = frame.as_ref().map(AsRef::as_ref).unwrap_or_default();
            self.fail(
                Arrived {
                    index,
                    bytes,
                    received,
                },
                sink,
            );
        }
        self.outlets.end_push(sink);
    }

    /// Quarantines a frame because of a fault of tapeline itself.
    #[cold]
    fn fail(&mut self, arrived: Arrived<'_>, sink: &mut impl Sink) {
        self.counters.frames += 1;
        self.malformed(arrived, INTERNAL, sink);
    }

    /// Cleans and encodes what a frame was read as.
    #[inline(never)]
    fn accept<S: Sink>(&mut self, arrived: Arrived<'_>, frame: &Frame<'_>, sink: &mut S) {
        match frame {
            Frame::Trade(raw) => {
                self.kept.begin(1);
                self.trade(arrived, raw, sink);
            }
            Frame::Trades(_) | Frame::Books(_) | Frame::Fundings(_) | Frame::Liquidations(_) => {
                self.begin_list(frame.elements());
                self.list(arrived, frame, sink);
            }
            Frame::Partly(Partly { good, bad }) => {
                self.begin_list(good.elements() + bad.len());
                self.list(arrived, good, sink);
                for fault in *bad {
                    self.bad_element(arrived, *fault, sink);
                }
            }
            Frame::Control(kind) => {
                if let Some(count) = self.counters.control.get_mut(*kind as usize) {
                    *count += 1;
                }
                sink.control(arrived.index, *kind, arrived.bytes);
            }
            Frame::Unsupported { name, is_array } => self.count_unsupported(name, *is_array),
            Frame::Malformed(fault) => self.malformed(arrived, *fault, sink),
        }
    }

    fn begin_list(&mut self, elements: usize) {
        self.counters.further_elements += (elements as u64).saturating_sub(1);
        self.kept.begin(elements);
    }

    #[inline]
    fn list<S: Sink>(&mut self, arrived: Arrived<'_>, frame: &Frame<'_>, sink: &mut S) {
        match frame {
            Frame::Trades(list) => list.iter().for_each(|raw| self.trade(arrived, raw, sink)),
            Frame::Books(list) => list.iter().for_each(|raw| self.book(arrived, raw, sink)),
            Frame::Fundings(list) => list.iter().for_each(|raw| self.funding(arrived, raw, sink)),
            Frame::Liquidations(list) => {
                list.iter()
                    .for_each(|raw| self.liquidation(arrived, raw, sink));
            }
            _ => {}
        }
    }

    pub(super) fn count_unsupported(&mut self, name: &str, is_array: bool) {
        self.counters.unsupported += 1;
        self.unsupported.count(name, is_array);
    }

    #[inline]
    fn trade<'a>(&mut self, arrived: Arrived<'a>, raw: &RawTrade<'a>, sink: &mut impl Sink) {
        // Judged in place: an event is 200 bytes.
        let mut verdict =
            self.pipeline
                .clean(raw, arrived.received, &mut self.counters, &mut self.reports);
        match &mut verdict {
            Verdict::Event(instrument, event) => {
                event.raw = self.kept.of_event(event.issues, arrived.bytes);
                self.outlets.trade(*instrument, event, sink);
                if !self.reports.is_empty() {
                    self.report(*instrument, sink);
                }
            }
            Verdict::Duplicate(instrument) => self.report(*instrument, sink),
            Verdict::Unsupported => self.count_unsupported(raw.stream.channel, false),
            Verdict::Quarantine(rejected) => self.reject(arrived, rejected, sink),
        }
    }

    /// Quarantines a record that the pipeline gave up.
    #[cold]
    pub(super) fn reject<S: Sink>(
        &mut self,
        arrived: Arrived<'_>,
        rejected: &Rejected,
        sink: &mut S,
    ) {
        if let Some(instrument) = rejected.instrument {
            self.report(instrument, sink);
        }
        let record = Quarantine {
            reason: rejected.reason,
            stage: rejected.stage,
            field: rejected.field,
            offset: None,
            received: arrived.received,
            raw: self.kept.of_record(arrived.bytes),
            raw_length: arrived.bytes.len(),
        };
        self.outlets.quarantine(rejected.instrument, &record, sink);
    }

    /// Sends on what the record being cleaned stated about its stream.
    pub(super) fn report(&mut self, instrument: usize, sink: &mut impl Sink) {
        let Self {
            outlets,
            patience,
            reports,
            ..
        } = self;
        let mut out = |index, coverage: &Coverage| outlets.coverage(index, coverage, sink);
        for coverage in reports.drain(..) {
            patience.take(instrument, coverage, &mut out);
        }
    }

    #[cold]
    fn malformed(&mut self, arrived: Arrived<'_>, fault: Malformed, sink: &mut impl Sink) {
        self.kept.begin(1);
        self.bad_element(arrived, fault, sink);
    }

    /// Quarantines one item that was not read.
    #[cold]
    fn bad_element(&mut self, arrived: Arrived<'_>, fault: Malformed, sink: &mut impl Sink) {
        let Malformed {
            reason,
            field,
            offset,
        } = fault;
        self.counters.count_quarantined(reason, 1);
        let (received, raw) = (arrived.received, self.kept.of_record(arrived.bytes));
        let record = Quarantine {
            reason,
            stage: 1,
            field,
            offset,
            received,
            raw,
            raw_length: arrived.bytes.len(),
        };
        self.outlets.quarantine(None, &record, sink);
    }

    fn end_push(&mut self, sink: &mut impl Sink) {
        let Self {
            pipeline,
            outlets,
            patience,
            ..
        } = self;
        let sent = outlets.sent();
        let mut out = |index, coverage: &Coverage| outlets.coverage(index, coverage, sink);
        pipeline.end_push(|index, coverage| patience.take(index, coverage, &mut out));
        patience.end_push(sent, &mut out);
        outlets.end_push(sink);
    }
}

const fn has_events(frame: &Frame<'_>) -> bool {
    !matches!(
        frame,
        Frame::Control(_) | Frame::Unsupported { .. } | Frame::Malformed(_)
    )
}

fn tally(push: &Counters) -> Tally {
    Tally {
        frames: push.frames,
        items: push.items(),
        events: push.events(),
        quarantined: push.quarantined(),
        duplicates: push.duplicates,
        control: push.controls(),
        unsupported: push.unsupported,
    }
}

#[cfg(test)]
mod tests;
