//! The six stages in order.

use std::sync::Arc;

use super::books::Scratch;
use super::content::content_of;
use super::continuity::{Arrival, Observation, Outcome};
use super::counters::Counters;
use super::instruments::{Entry, Instruments};
use super::s1_structure::Refusal;
use super::settings::Settings;
use super::short_text::is_same;
use super::states::StateStream;
use super::stream::{Order, Stream};
use super::verdict::{OpenGap, Rejected, Verdict};
use super::waiting::Waiting;
use super::windowed::{Keyed, Windowed};
use super::{s1_structure, s2_fields, s3_symbol, s4_precision, s5_receive_time, s6_anomaly};
use crate::model::{
    Coverage, CoverageKind, Decimal, EventId, IdForm, Instrument, IssueCode, IssueSet, NativeId,
    RawField, RawTrade, Side, TradeEvent, UnixNanos,
};

/// The cleaning pipeline of one market and its state.
#[derive(Clone, Debug)]
pub struct Pipeline {
    pub(super) settings: Settings,
    pub(super) instruments: Instruments,
    /// Instruments that had data, in the order of their first event.
    pub(super) seen: Vec<usize>,
    /// Streams that may have a run of late ids to report: index of the instrument, of the stream.
    pending: Vec<(usize, usize)>,
    /// Levels of the order-book message being cleaned.
    pub(super) scratch: Scratch,
    /// Deltas that wait for snapshots.
    pub(super) waiting: Waiting,
    /// The live book that the latest message changed: index of the instrument, of the book.
    pub(super) applied: Option<(usize, usize)>,
}

/// Runs a record through the stages and counts what each repaired.
pub(super) struct Stages<'a> {
    counters: &'a mut Counters,
    /// All repairs so far.
    pub(super) issues: IssueSet,
}

impl<'a> Stages<'a> {
    pub(super) const fn new(counters: &'a mut Counters) -> Self {
        Self {
            counters,
            issues: IssueSet::EMPTY,
        }
    }

    /// Runs stage `stage` (1 to 5).
    #[inline]
    pub(super) fn pass<T>(
        &mut self,
        stage: u8,
        work: impl FnOnce(&mut IssueSet) -> Result<T, Refusal>,
    ) -> Passed<T> {
        let mut repairs = IssueSet::EMPTY;
        let passed = work(&mut repairs).map_err(|refusal| (stage, refusal))?;
        if !repairs.is_empty() {
            self.issues.insert_all(repairs);
            self.counters.count_repaired(stage);
        }
        Ok(passed)
    }
}

/// Refused by a stage (1 to 6).
pub(super) type Passed<T> = Result<T, (u8, Refusal)>;

/// A trade after stage 5.
struct Exact<'a> {
    instrument: usize,
    side: Side,
    id_text: Option<&'a [u8]>,
    trade_id_range: Option<(u64, u64)>,
    seen: Observation,
    issues: IssueSet,
}

impl Pipeline {
    /// Makes the pipeline of one market's `instruments`; verdicts name them by index.
    #[must_use]
    pub fn new(instruments: &[Arc<Instrument>], settings: Settings) -> Self {
        let instruments = Instruments::new(instruments);
        Self {
            settings,
            instruments,
            seen: Vec::new(),
            pending: Vec::new(),
            scratch: Scratch::default(),
            waiting: Waiting::default(),
            applied: None,
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
    ) -> Verdict<TradeEvent<'a>> {
        let verdict = self
            .make_exact(raw, received, counters)
            .and_then(|exact| self.judge(raw, &exact, counters, reports));
        match verdict {
            Ok(verdict) => verdict,
            Err((stage, refusal)) => {
                counters.count_quarantined(refusal.reason, stage);
                Verdict::Quarantine(self.rejected(raw.symbol, stage, refusal))
            }
        }
    }

    /// Stages 1 to 5.
    #[inline]
    fn make_exact<'a>(
        &mut self,
        raw: &RawTrade<'a>,
        received: Option<UnixNanos>,
        counters: &mut Counters,
    ) -> Passed<Exact<'a>> {
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
        let keys = &raw.stream.keys;
        let instruments = &mut self.instruments;
        let instrument = s3_symbol::check(raw.stream_symbol, text.symbol, keys.symbol, instruments)
            .map_err(|refusal| (3, refusal))?;
        let contract_size = instruments.contract_size(instrument);
        let keys = (keys.price, keys.quantity);
        let (price, quantity) = s4_precision::check(
            fields.price,
            fields.quantity,
            contract_size,
            keys,
            &mut repairs,
        )
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
            id: id.number,
            first: id.first,
            time,
            published,
            received,
            price,
            quantity,
        };
        Ok(Exact {
            instrument,
            side: text.side,
            id_text: id.text,
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
        exact: &Exact<'a>,
        counters: &mut Counters,
        reports: &mut Vec<Coverage>,
    ) -> Passed<Verdict<TradeEvent<'a>>> {
        let internal = (6, Refusal::new(IssueCode::Internal, "$"));
        let seen = &exact.seen;
        let at = self.stream_of(exact.instrument, raw);
        let entry = self
            .instruments
            .entry_mut(exact.instrument)
            .ok_or(internal)?;
        let stream = entry.streams.get_mut(at).ok_or(internal)?;
        stream.last_received = stream.last_received.max(seen.received);
        let (latest, outcome) = match &mut stream.order {
            Order::Counted(track) => {
                let range = track.range();
                let latest = range.map(|range| (range.latest_time, range.latest_published));
                (latest, track.observe(seen, reports))
            }
            Order::Windowed(order) => {
                let latest = order.latest_time().map(|time| (time, None));
                (latest, observe_windowed(order, raw, seen, reports))
            }
        };
        if !reports.is_empty() {
            counters.gaps_opened += gaps_opened(reports);
        }
        let arrival = match outcome {
            Outcome::Accepted(arrival) => arrival,
            Outcome::Duplicate => {
                counters.duplicates += 1;
                return Ok(Verdict::Duplicate(exact.instrument));
            }
            Outcome::Conflict => {
                return Err((6, Refusal::new(IssueCode::IdConflict, raw.stream.keys.id)));
            }
        };
        let mut remarks = IssueSet::EMPTY;
        s6_anomaly::flag(stream, seen, arrival, latest, &self.settings, &mut remarks);
        let mut issues = exact.issues;
        if !remarks.is_empty() {
            issues.insert_all(remarks);
            counters.count_flagged(6);
        }
        let event = event(stream.prefix, raw, exact, issues);
        if arrival == Arrival::Late
            && stream
                .track_mut()
                .is_some_and(|track| track.has_pending_fill())
        {
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
            .position(|stream| is_same(stream.channel.as_bytes(), raw.stream.channel.as_bytes()));
        found.unwrap_or_else(|| {
            if entry.note_data() {
                self.seen.push(instrument);
            }
            let stream = Stream::new(&entry.instrument, raw.stream);
            entry.streams.push(stream);
            entry.streams.len() - 1
        })
    }

    /// Returns the stream of funding states of a channel.
    pub(super) fn fundings_of(
        &mut self,
        instrument: usize,
        channel: &'static str,
    ) -> Option<&mut StateStream> {
        let entry = self.instruments.entry_mut(instrument)?;
        if entry.note_data() {
            self.seen.push(instrument);
        }
        state_stream(&entry.instrument, &mut entry.fundings, channel)
    }

    /// Returns the stream of forced orders of a channel.
    pub(super) fn liquidations_of(
        &mut self,
        instrument: usize,
        channel: &'static str,
    ) -> Option<&mut StateStream> {
        let entry = self.instruments.entry_mut(instrument)?;
        if entry.note_data() {
            self.seen.push(instrument);
        }
        state_stream(&entry.instrument, &mut entry.liquidations, channel)
    }

    #[cold]
    pub(super) fn rejected(
        &mut self,
        symbol: RawField<'_>,
        stage: u8,
        refusal: Refusal,
    ) -> Rejected {
        let instrument = match symbol {
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

    /// Tells `report` of every run of late ids that the push left open, and of books that had to give up
    /// what waited.
    pub fn end_push(&mut self, mut report: impl FnMut(usize, Coverage)) {
        if self.waiting.is_over() {
            self.shed(&mut report);
        }
        if self.pending.is_empty() {
            return;
        }
        let mut reports = Vec::new();
        for (instrument, at) in self.pending.drain(..) {
            let entry = self.instruments.entry_mut(instrument);
            let stream = entry.and_then(|entry| entry.streams.get_mut(at));
            if let Some(track) = stream.and_then(Stream::track_mut) {
                track.flush_fill(&mut reports);
            }
            reports
                .drain(..)
                .for_each(|coverage| report(instrument, coverage));
        }
    }

    /// Tells `report` how each stream's session ended, in the order of their first events.
    pub fn finish(&self, received: Option<UnixNanos>, mut report: impl FnMut(usize, Coverage)) {
        for &index in &self.seen {
            let entry = self.instruments.entries().get(index);
            for coverage in entry.into_iter().flat_map(|entry| entry.ends(received)) {
                report(index, coverage);
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

    /// Returns the instrument with the venue's spelling `raw_symbol`.
    #[must_use]
    pub fn instrument(&self, raw_symbol: &str) -> Option<&Instrument> {
        let entry = self.instruments.entries().get(self.find(raw_symbol)?)?;
        Some(&entry.instrument)
    }

    /// Returns all instruments, in the order of their indices.
    pub fn instruments(&self) -> impl Iterator<Item = &Instrument> {
        self.instruments
            .entries()
            .iter()
            .map(|entry| &*entry.instrument)
    }

    /// Takes over what an instrument's contract stands for and how often it is funded.
    pub fn renew(
        &mut self,
        raw_symbol: &str,
        contract_size: Option<Decimal>,
        funding_interval_ns: Option<i64>,
    ) {
        let index = self.instruments.position(raw_symbol);
        if let Some(entry) = index.and_then(|index| self.instruments.entry_mut(index)) {
            entry.renew(contract_size, funding_interval_ns);
        }
    }

    /// Adds instruments behind those it has.
    pub fn learn(&mut self, instruments: &[Arc<Instrument>]) {
        self.instruments.learn(instruments);
    }

    /// Returns all missing ids, sorted by symbol, channel, first id.
    #[must_use]
    pub fn gaps(&self) -> Vec<OpenGap<'_>> {
        let mut gaps = Vec::new();
        for entry in self.entries_with_data() {
            let ranges = entry.missing();
            gaps.extend(ranges.map(|(channel, (first, last))| OpenGap {
                instrument: &entry.instrument,
                channel,
                first,
                last,
            }));
        }
        gaps.sort_by_key(|gap| (&gap.instrument.symbol, gap.channel, gap.first, gap.last));
        gaps
    }

    /// Returns how many gaps are not among the missing ids any more, because a stream had too many.
    #[must_use]
    pub fn gaps_forgotten(&self) -> u64 {
        self.entries_with_data().map(Entry::forgotten).sum()
    }

    /// Returns each stream's raw symbol, channel and newest receive time.
    pub fn last_received(&self) -> impl Iterator<Item = (&str, &'static str, UnixNanos)> {
        self.entries_with_data().flat_map(|entry| {
            let times = entry.last_received();
            times.map(|(channel, time)| (entry.instrument.raw_symbol.as_str(), channel, time))
        })
    }

    pub(super) fn entries_with_data(&self) -> impl Iterator<Item = &Entry> {
        let entries = self.instruments.entries();
        self.seen.iter().filter_map(|index| entries.get(*index))
    }
}

fn state_stream<'a>(
    instrument: &Instrument,
    streams: &'a mut Vec<StateStream>,
    channel: &'static str,
) -> Option<&'a mut StateStream> {
    let found = streams.iter().position(|stream| stream.channel == channel);
    let at = found.unwrap_or_else(|| {
        streams.push(StateStream::new(instrument, channel));
        streams.len() - 1
    });
    streams.get_mut(at)
}

/// Returns how many of `reports` say that a gap opened.
#[cold]
pub(super) fn gaps_opened(reports: &[Coverage]) -> u64 {
    let opened = reports
        .iter()
        .filter(|report| report.kind == CoverageKind::GapOpened);
    opened.count() as u64
}

#[inline(never)]
fn observe_windowed(
    order: &mut Windowed,
    raw: &RawTrade<'_>,
    seen: &Observation,
    reports: &mut Vec<Coverage>,
) -> Outcome {
    let keyed = Keyed {
        key: seen.id,
        content: content_of(seen),
        growing: (raw.stream.ids == IdForm::Growing).then_some(seen.id),
        time: Some(seen.time),
        received: seen.received,
    };
    order.observe(&keyed, reports)
}

#[inline]
fn event<'a>(
    prefix: u64,
    raw: &RawTrade<'a>,
    exact: &Exact<'a>,
    issues: IssueSet,
) -> TradeEvent<'a> {
    let seen = &exact.seen;
    TradeEvent {
        event_id: EventId::from_sequence(prefix, seen.id),
        native_id: match exact.id_text {
            None => NativeId::Number(seen.id),
            Some(text) => NativeId::Text(text),
        },
        timestamp: seen.time,
        received: seen.received,
        published: seen.published,
        issues,
        price: seen.price,
        quantity: seen.quantity,
        side: exact.side,
        trade_id_range: exact.trade_id_range,
        metadata: raw.metadata,
        raw: None,
    }
}

#[cfg(test)]
mod tests;
