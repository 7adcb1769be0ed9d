//! The normalizer: one market of one exchange.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::outlets::Outlets;
use super::ports::{Frames, Sink, Tally};
use super::setup::{KeepRaw, Setup, SetupError};
use super::unsupported::Unsupported;
use crate::adapters::binance::spot::{self, ControlKind, Frame};
use crate::cleaning::{Counters, OpenGap, Pipeline, Verdict};
use crate::model::{
    Coverage, CoverageKind, Instrument, IssueCode, Malformed, ProofLevel, Quarantine, RawTrade,
    UnixNanos,
};
use crate::wire::MAX_RAW;

/// What happened to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// It broke.
    Lost,
    /// It is back.
    Restored,
}

/// Cleans and encodes the frames of one market. See `docs/cleaning.md`.
#[derive(Debug)]
pub struct Normalizer {
    pipeline: Pipeline,
    outlets: Outlets,
    /// Counts of the push going on; all zero between pushes.
    counters: Counters,
    /// Counts of all pushes before.
    total: Counters,
    unsupported: Unsupported,
    keep_raw: KeepRaw,
    max_frame_bytes: usize,
    /// Resolved escapes of the frame being read.
    scratch: Vec<u8>,
    /// Statements that the frame being cleaned gave.
    reports: Vec<Coverage>,
}

/// One frame and what came with it.
#[derive(Clone, Copy)]
struct Arrived<'a> {
    index: usize,
    bytes: &'a [u8],
    received: Option<UnixNanos>,
}

impl Normalizer {
    /// Makes a normalizer without any state.
    ///
    /// # Errors
    /// See [`SetupError`].
    pub fn new(setup: Setup) -> Result<Self, SetupError> {
        setup.check()?;
        let Setup {
            exchange,
            market,
            producer,
            ..
        } = setup;
        let instrument = |(raw_symbol, symbol)| Instrument {
            exchange: exchange.clone(),
            market: market.clone(),
            symbol,
            raw_symbol,
        };
        let nowhere = instrument((String::new(), String::new()));
        let instruments: Vec<_> = setup.instruments.into_iter().map(instrument).collect();
        Ok(Self {
            outlets: Outlets::new(&instruments, &nowhere, &producer)?,
            pipeline: Pipeline::new(instruments, setup.cleaning),
            counters: Counters::default(),
            total: Counters::default(),
            unsupported: Unsupported::default(),
            keep_raw: setup.keep_raw,
            max_frame_bytes: setup.max_frame_bytes,
            scratch: Vec::new(),
            reports: Vec::new(),
        })
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
            for index in 0..frames.count() {
                let received = frames.received(index);
                match frames.frame(index) {
                    Some(frame) => {
                        normalizer.frame(
                            Arrived {
                                index,
                                bytes: frame.as_ref(),
                                received,
                            },
                            sink,
                        );
                    }
                    None => normalizer.fail(
                        Arrived {
                            index,
                            bytes: &[],
                            received,
                        },
                        sink,
                    ),
                }
            }
            normalizer.end_push(sink);
        })
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
        self.outlets.begin_push(sent);
        self.unsupported.begin_push();
        // State may be half changed after a panic, but every part of it stays valid by itself.
        if catch_unwind(AssertUnwindSafe(|| work(self, sink))).is_err() {
            self.quarantine_push(frames, sent, sink);
        }
        let tally = tally(&self.counters);
        self.total.take_over(&mut self.counters);
        tally
    }

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
        self.malformed(
            arrived,
            Malformed {
                reason: IssueCode::Internal,
                field: "$",
                offset: None,
            },
            sink,
        );
    }

    #[inline]
    fn frame(&mut self, arrived: Arrived<'_>, sink: &mut impl Sink) {
        self.counters.frames += 1;
        if arrived.bytes.len() > self.max_frame_bytes {
            let fault = Malformed {
                reason: IssueCode::FrameTooLarge,
                field: "$",
                offset: None,
            };
            return self.malformed(arrived, fault, sink);
        }
        match spot::parse_usual(arrived.bytes) {
            Some(raw) => self.trade(arrived, &raw, sink),
            None => self.unusual_frame(arrived, sink),
        }
    }

    #[inline(never)]
    fn unusual_frame(&mut self, arrived: Arrived<'_>, sink: &mut impl Sink) {
        let mut scratch = core::mem::take(&mut self.scratch);
        match spot::parse(arrived.bytes, &mut scratch) {
            Frame::Trade(raw) => {
                self.counters.fallbacks += 1;
                self.trade(arrived, &raw, sink);
            }
            Frame::Control(kind) => {
                if let Some(count) = self.counters.control.get_mut(kind as usize) {
                    *count += 1;
                }
                sink.control(arrived.index, kind, arrived.bytes);
            }
            Frame::Unsupported { name, is_array } => {
                self.counters.unsupported += 1;
                self.unsupported.count(name, is_array);
            }
            Frame::Malformed(fault) => self.malformed(arrived, fault, sink),
        }
        self.scratch = scratch;
    }

    #[inline]
    fn trade<'a>(&mut self, arrived: Arrived<'a>, raw: &RawTrade<'a>, sink: &mut impl Sink) {
        // Judged in place: an event is 200 bytes.
        let mut verdict =
            self.pipeline
                .clean(raw, arrived.received, &mut self.counters, &mut self.reports);
        match &mut verdict {
            Verdict::Event(instrument, event) => {
                let keeps_raw = self.keep_raw == KeepRaw::All || !event.issues.is_empty();
                event.raw =
                    keeps_raw.then(|| arrived.bytes.get(..MAX_RAW).unwrap_or(arrived.bytes));
                self.outlets.trade(*instrument, event, sink);
                if !self.reports.is_empty() {
                    self.report(*instrument, sink);
                }
            }
            Verdict::Duplicate(instrument) => self.report(*instrument, sink),
            Verdict::Quarantine(rejected) => {
                if let Some(instrument) = rejected.instrument {
                    self.report(instrument, sink);
                }
                let record = Quarantine {
                    reason: rejected.reason,
                    stage: rejected.stage,
                    field: rejected.field,
                    offset: None,
                    received: arrived.received,
                    raw: arrived.bytes,
                };
                self.outlets.quarantine(rejected.instrument, &record, sink);
            }
        }
    }

    /// Sends on what the frame being cleaned stated about its stream.
    fn report(&mut self, instrument: usize, sink: &mut impl Sink) {
        for coverage in self.reports.drain(..) {
            self.outlets.coverage(instrument, &coverage, sink);
        }
    }

    #[cold]
    fn malformed(&mut self, arrived: Arrived<'_>, fault: Malformed, sink: &mut impl Sink) {
        let Malformed {
            reason,
            field,
            offset,
        } = fault;
        self.counters.count_quarantined(reason, 1);
        let (received, raw) = (arrived.received, arrived.bytes);
        let record = Quarantine {
            reason,
            stage: 1,
            field,
            offset,
            received,
            raw,
        };
        self.outlets.quarantine(None, &record, sink);
    }

    fn end_push(&mut self, sink: &mut impl Sink) {
        let Self {
            pipeline, outlets, ..
        } = self;
        pipeline.end_push(|index, coverage| outlets.coverage(index, &coverage, sink));
        outlets.end_push(sink);
    }

    /// States that the connection was lost or restored, for every instrument that had data.
    pub fn connection(
        &mut self,
        state: ConnectionState,
        received: UnixNanos,
        reason: &str,
        sent: Option<UnixNanos>,
        sink: &mut impl Sink,
    ) {
        self.outlets.begin_push(sent.unwrap_or(received));
        let kind = match state {
            ConnectionState::Lost => CoverageKind::ConnectionLost,
            ConnectionState::Restored => CoverageKind::ConnectionRestored,
        };
        let record = Coverage {
            kind,
            proof: ProofLevel::Unverifiable,
            channel: "",
            ids: None,
            start: None,
            end: None,
            received: Some(received),
            reason: reason.to_owned(),
        };
        for &index in self.pipeline.seen() {
            self.outlets.coverage(index, &record, sink);
        }
        self.outlets.end_push(sink);
    }

    /// States how the session of every stream ended.
    pub fn finish(
        &mut self,
        received: Option<UnixNanos>,
        sent: Option<UnixNanos>,
        sink: &mut impl Sink,
    ) {
        let Self {
            pipeline, outlets, ..
        } = self;
        outlets.begin_push(sent.or(received).unwrap_or(UnixNanos::new(0)));
        pipeline.finish(received, |index, coverage| {
            outlets.coverage(index, &coverage, sink)
        });
        outlets.end_push(sink);
    }

    /// Returns all counts since the beginning.
    #[must_use]
    #[expect(
        clippy::misnamed_getters,
        reason = "`counters` is what the stages count on; callers ask for all of it"
    )]
    pub fn counters(&self) -> &Counters {
        &self.total
    }

    /// Returns the control messages by kind, those that occurred.
    pub fn controls(&self) -> impl Iterator<Item = (&'static str, u64)> {
        ControlKind::ALL.into_iter().filter_map(|kind| {
            let count = self.total.control.get(kind as usize).copied()?;
            (count > 0).then_some((kind.name(), count))
        })
    }

    /// Returns the messages of types that are not handled, by type.
    pub fn unsupported(&self) -> impl Iterator<Item = (&str, u64)> {
        self.unsupported.counts()
    }

    /// Returns all missing ids.
    #[must_use]
    pub fn gaps(&self) -> Vec<OpenGap<'_>> {
        self.pipeline.gaps()
    }

    /// Returns each stream's raw symbol, channel and newest receive time.
    pub fn last_received(&self) -> impl Iterator<Item = (&str, &'static str, UnixNanos)> {
        self.pipeline.last_received()
    }

    /// Returns every topic that these instruments can produce to.
    ///
    /// # Errors
    /// The first raw symbol that is not in the instrument list.
    pub fn topics<'s>(&self, raw_symbols: &[&'s str]) -> Result<Vec<&str>, &'s str> {
        let mut topics = Vec::new();
        for raw_symbol in raw_symbols {
            let index = self.pipeline.find(raw_symbol).ok_or(*raw_symbol)?;
            topics.extend(self.outlets.topics(index));
        }
        topics.push(self.outlets.unknown_topic());
        Ok(topics)
    }
}

fn tally(push: &Counters) -> Tally {
    Tally {
        frames: push.frames,
        events: push.events(),
        quarantined: push.quarantined(),
        duplicates: push.duplicates,
        control: push.controls(),
        unsupported: push.unsupported,
    }
}

#[cfg(test)]
mod tests;
