//! The six stages in order.

use super::continuity::{Arrival, Observation, Outcome};
use super::counters::Counters;
use super::instruments::{Entry, Instruments};
use super::s1_structure::Refusal;
use super::settings::Settings;
use super::short_text::is_same;
use super::stream::Stream;
use super::{s1_structure, s2_fields, s3_symbol, s4_precision, s5_receive_time, s6_anomaly};
use crate::model::{
    Coverage, CoverageKind, EventId, Instrument, IssueCode, IssueSet, RawField, RawTrade, Side,
    TradeEvent, UnixNanos,
};

/// What becomes of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// A graded event of the instrument with this index; `raw` is left `None`.
    Event(usize, TradeEvent<'a>),
    /// The event, of the instrument with this index, is out already.
    Duplicate(usize),
    /// Irreparable.
    Quarantine(Rejected),
}

/// Why a trade was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// One of the irreparable codes.
    pub reason: IssueCode,
    /// The stage that gave up, 1 to 6.
    pub stage: u8,
    /// The field at fault in the venue's spelling.
    pub field: &'static str,
    /// Index of the instrument that the trade names, when it is in the list.
    pub instrument: Option<usize>,
}

/// Ids known to be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenGap<'a> {
    /// Of what.
    pub instrument: &'a Instrument,
    /// In which channel.
    pub channel: &'static str,
    /// First missing id.
    pub first: u64,
    /// Last missing id.
    pub last: u64,
}

/// The cleaning pipeline of one market and its state.
#[derive(Clone, Debug)]
pub struct Pipeline {
    settings: Settings,
    instruments: Instruments,
    /// Instruments that had data, in the order of their first event.
    seen: Vec<usize>,
    /// Streams that may have a run of late ids to report: index of the instrument, of the stream.
    pending: Vec<(usize, usize)>,
}

/// Refused by a stage (1 to 6).
type Passed<T> = Result<T, (u8, Refusal)>;

/// A trade after stage 5.
struct Exact {
    instrument: usize,
    side: Side,
    trade_id_range: Option<(u64, u64)>,
    seen: Observation,
    issues: IssueSet,
}

impl Pipeline {
    /// Makes the pipeline of one market's `instruments`; verdicts name them by index.
    #[must_use]
    pub fn new(instruments: Vec<Instrument>, settings: Settings) -> Self {
        let instruments = Instruments::new(instruments);
        Self {
            settings,
            instruments,
            seen: Vec::new(),
            pending: Vec::new(),
        }
    }

    /// Cleans one trade. Statements about the completeness of its stream go to `reports`.
    #[inline]
    pub fn clean<'a>(
        &mut self,
        raw: &RawTrade<'a>,
        received: Option<UnixNanos>,
        counters: &mut Counters,
        reports: &mut Vec<Coverage>,
    ) -> Verdict<'a> {
        let verdict = self
            .make_exact(raw, received, counters)
            .and_then(|exact| self.judge(raw, &exact, counters, reports));
        match verdict {
            Ok(verdict) => verdict,
            Err((stage, refusal)) => {
                counters.count_quarantined(refusal.reason, stage);
                Verdict::Quarantine(self.rejected(raw, stage, refusal))
            }
        }
    }

    /// Stages 1 to 5.
    #[inline]
    fn make_exact(
        &mut self,
        raw: &RawTrade<'_>,
        received: Option<UnixNanos>,
        counters: &mut Counters,
    ) -> Passed<Exact> {
        let mut issues = IssueSet::EMPTY;
        let mut leave = |stage: u8, repairs: IssueSet| {
            if !repairs.is_empty() {
                issues.insert_all(repairs);
                counters.count_repaired(stage);
            }
        };
        let mut repairs = IssueSet::EMPTY;
        let text = s1_structure::check(raw, &mut repairs).map_err(|refusal| (1, refusal))?;
        leave(1, core::mem::take(&mut repairs));
        let unit = self.settings.time_unit;
        let fields = s2_fields::check(raw, &text, unit, received, &mut repairs)
            .map_err(|refusal| (2, refusal))?;
        leave(2, core::mem::take(&mut repairs));
        let instrument = s3_symbol::check(raw, text.symbol, &mut self.instruments)
            .map_err(|refusal| (3, refusal))?;
        let (price, quantity) = s4_precision::check(fields.price, fields.quantity, &mut repairs)
            .map_err(|refusal| (4, refusal))?;
        leave(4, core::mem::take(&mut repairs));
        s5_receive_time::check(received, &mut repairs);
        leave(5, repairs);
        let s2_fields::Fields {
            id,
            time,
            published,
            trade_id_range,
            ..
        } = fields;
        let seen = Observation {
            id,
            time,
            published,
            received,
            price,
            quantity,
        };
        Ok(Exact {
            instrument,
            side: text.side,
            trade_id_range,
            seen,
            issues,
        })
    }

    /// Stage 6.
    #[inline]
    fn judge<'a>(
        &mut self,
        raw: &RawTrade<'a>,
        exact: &Exact,
        counters: &mut Counters,
        reports: &mut Vec<Coverage>,
    ) -> Passed<Verdict<'a>> {
        let internal = (6, Refusal::new(IssueCode::Internal, "$"));
        let seen = &exact.seen;
        let at = self.stream_of(exact.instrument, raw);
        let entry = self
            .instruments
            .entry_mut(exact.instrument)
            .ok_or(internal)?;
        let stream = entry.streams.get_mut(at).ok_or(internal)?;
        stream.last_received = stream.last_received.max(seen.received);
        let latest = stream
            .track
            .range()
            .map(|range| (range.latest_time, range.latest_published));
        let outcome = stream.track.observe(seen, reports);
        if !reports.is_empty() {
            let opened = reports
                .iter()
                .filter(|report| report.kind == CoverageKind::GapOpened);
            counters.gaps_opened += opened.count() as u64;
        }
        let arrival = match outcome {
            Outcome::Accepted(arrival) => arrival,
            Outcome::Duplicate => {
                counters.duplicates += 1;
                return Ok(Verdict::Duplicate(exact.instrument));
            }
            Outcome::Conflict => return Err((6, Refusal::new(IssueCode::IdConflict, raw.id_key))),
        };
        let mut remarks = IssueSet::EMPTY;
        s6_anomaly::flag(stream, seen, arrival, latest, &self.settings, &mut remarks);
        let mut issues = exact.issues;
        if !remarks.is_empty() {
            issues.insert_all(remarks);
            counters.count_flagged(6);
        }
        let event = event(stream, exact, issues);
        if arrival == Arrival::Late && stream.track.has_pending_fill() {
            self.pending.push((exact.instrument, at));
        }
        counters.count_quality(issues.quality());
        Ok(Verdict::Event(exact.instrument, event))
    }

    /// Returns the place of the trade's stream among those of its instrument.
    #[inline]
    fn stream_of(&mut self, instrument: usize, raw: &RawTrade<'_>) -> usize {
        let Some(entry) = self.instruments.entry_mut(instrument) else {
            return 0;
        };
        let found = entry
            .streams
            .iter()
            .position(|stream| is_same(stream.channel.as_bytes(), raw.channel.as_bytes()));
        found.unwrap_or_else(|| {
            if entry.streams.is_empty() {
                self.seen.push(instrument);
            }
            entry.streams.push(Stream::new(&entry.instrument, raw));
            entry.streams.len() - 1
        })
    }

    #[cold]
    fn rejected(&mut self, raw: &RawTrade<'_>, stage: u8, refusal: Refusal) -> Rejected {
        let instrument = match raw.symbol {
            RawField::Text(symbol) => self.instruments.find(symbol),
            _ => None,
        };
        Rejected {
            reason: refusal.reason,
            stage,
            field: refusal.field,
            instrument,
        }
    }

    /// Tells `report` of every run of late ids that the push left open.
    pub fn end_push(&mut self, mut report: impl FnMut(usize, Coverage)) {
        if self.pending.is_empty() {
            return;
        }
        let mut reports = Vec::new();
        for (instrument, at) in self.pending.drain(..) {
            let entry = self.instruments.entry_mut(instrument);
            if let Some(stream) = entry.and_then(|entry| entry.streams.get_mut(at)) {
                stream.track.flush_fill(&mut reports);
            }
            reports
                .drain(..)
                .for_each(|coverage| report(instrument, coverage));
        }
    }

    /// Tells `report` how each stream's session ended, in the order of their first events.
    pub fn finish(&self, received: Option<UnixNanos>, mut report: impl FnMut(usize, Coverage)) {
        for &index in &self.seen {
            let streams = self
                .instruments
                .entries()
                .get(index)
                .map(|entry| &entry.streams);
            for stream in streams.into_iter().flatten() {
                if let Some(coverage) = stream.track.end(received) {
                    report(index, coverage);
                }
            }
        }
    }

    /// Returns the instruments that had data, in the order of their first event.
    #[must_use]
    pub fn seen(&self) -> &[usize] {
        &self.seen
    }

    /// Returns the index of the instrument with the venue's spelling `raw_symbol`.
    #[must_use]
    pub fn find(&self, raw_symbol: &str) -> Option<usize> {
        self.instruments.position(raw_symbol)
    }

    /// Returns all missing ids, sorted by symbol, channel, first id.
    #[must_use]
    pub fn gaps(&self) -> Vec<OpenGap<'_>> {
        let mut gaps = Vec::new();
        for (Entry { instrument, .. }, stream) in self.streams() {
            let channel = stream.channel;
            let ranges = stream.track.missing();
            gaps.extend(ranges.map(|(first, last)| OpenGap {
                instrument,
                channel,
                first,
                last,
            }));
        }
        gaps.sort_by_key(|gap| (&gap.instrument.symbol, gap.channel, gap.first, gap.last));
        gaps
    }

    /// Returns each stream's raw symbol, channel and newest receive time.
    pub fn last_received(&self) -> impl Iterator<Item = (&str, &'static str, UnixNanos)> {
        self.streams().filter_map(|(entry, stream)| {
            Some((
                entry.instrument.raw_symbol.as_str(),
                stream.channel,
                stream.last_received?,
            ))
        })
    }

    fn streams(&self) -> impl Iterator<Item = (&Entry, &Stream)> {
        let seen = self
            .seen
            .iter()
            .filter_map(|index| self.instruments.entries().get(*index));
        seen.flat_map(|entry| entry.streams.iter().map(move |stream| (entry, stream)))
    }
}

#[inline]
fn event<'a>(stream: &Stream, exact: &Exact, issues: IssueSet) -> TradeEvent<'a> {
    let seen = &exact.seen;
    TradeEvent {
        event_id: EventId::from_sequence(stream.prefix, seen.id),
        native_id: seen.id,
        timestamp: seen.time,
        received: seen.received,
        published: seen.published,
        issues,
        price: seen.price,
        quantity: seen.quantity,
        side: exact.side,
        trade_id_range: exact.trade_id_range,
        raw: None,
    }
}
