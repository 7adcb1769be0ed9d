//! The six stages of an order-book message.

use xxhash_rust::xxh3::xxh3_64;

use super::book_stream::BookStreamState;
use super::counters::Counters;
use super::levels::{self, Later};
use super::pipeline::{Passed, Pipeline, Stages, gaps_opened};
use super::s1_structure::{self, Refusal};
use super::settings::TimeUnit;
use super::verdict::Verdict;
use super::{s2_fields, s3_symbol, s5_receive_time, s6_anomaly};
use crate::book::{BookUpdate, Outcome};
use crate::model::{
    BookAction, BookEvent, BookRule, Coverage, EventHead, EventId, EventType, IssueCode, IssueSet,
    JsonType, Level, RawBook, RawField, UnixNanos,
};

/// Most levels of a message, both sides together.
pub const MAX_LEVELS: usize = 10_000;

/// The texts of an order-book message.
struct Texts<'a> {
    symbol: &'a [u8],
    first_id: Option<&'a [u8]>,
    last_id: Option<&'a [u8]>,
    prev_id: Option<&'a [u8]>,
    time: Option<&'a [u8]>,
    checksum: Option<&'a [u8]>,
}

/// The values of an order-book message; its levels lie in the pipeline's scratch.
#[derive(Clone, Copy)]
struct Values {
    first_id: Option<i64>,
    last_id: Option<i64>,
    prev_id: Option<i64>,
    time: Option<UnixNanos>,
    published: Option<UnixNanos>,
    checksum: Option<i32>,
    later: Later,
}

/// An order-book message after stage 5.
struct Exact {
    instrument: usize,
    values: Values,
    issues: IssueSet,
}

/// The verdict before it borrows the levels.
enum Judged {
    Accepted(usize, EventId, IssueSet, Values),
    Duplicate(usize),
}

/// The levels of the message being cleaned.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    pub(super) bids: Vec<Level>,
    pub(super) asks: Vec<Level>,
    /// Levels a side that were asked for, of a reply.
    asked: Option<usize>,
}

impl Pipeline {
    /// Says how many levels a side the request asked for whose reply is cleaned next; `None` for
    /// what was pushed.
    pub const fn expect_levels(&mut self, asked: Option<usize>) {
        self.scratch.asked = asked;
    }

    /// Cleans one order-book message. Statements about its stream and its book go to `reports`.
    pub fn clean_book<'s, 'a: 's>(
        &'s mut self,
        raw: &RawBook<'a>,
        received: Option<UnixNanos>,
        counters: &mut Counters,
        reports: &mut Vec<Coverage>,
    ) -> Verdict<BookEvent<'s>> {
        let judged = self
            .exact_book(raw, received, counters)
            .and_then(|exact| self.judge_book(raw, &exact, received, counters, reports));
        match judged {
            Ok(Judged::Accepted(instrument, event_id, issues, values)) => {
                let head = EventHead {
                    event_id,
                    timestamp: values.time,
                    received,
                    published: values.published,
                    issues,
                    metadata: raw.metadata,
                    raw: None,
                };
                Verdict::Event(instrument, event(head, raw, &values, &self.scratch))
            }
            Ok(Judged::Duplicate(instrument)) => Verdict::Duplicate(instrument),
            Err((stage, refusal)) => {
                counters.count_quarantined(refusal.reason, stage);
                Verdict::Quarantine(self.rejected(raw.symbol, stage, refusal))
            }
        }
    }

    /// Stages 1 to 5.
    #[inline]
    fn exact_book(
        &mut self,
        raw: &RawBook<'_>,
        received: Option<UnixNanos>,
        counters: &mut Counters,
    ) -> Passed<Exact> {
        let Self {
            settings,
            instruments,
            scratch,
            ..
        } = self;
        let keys = &raw.stream.keys;
        let mut stages = Stages::new(counters);
        let texts = stages.pass(1, |repairs| structure(raw, repairs))?;
        let unit = settings.time_unit;
        let values = stages.pass(2, |repairs| {
            fields(raw, &texts, unit, received, scratch, repairs)
        })?;
        let instrument = stages.pass(3, |_| {
            s3_symbol::check(raw.stream_symbol, texts.symbol, keys.symbol, instruments)
        })?;
        stages.pass(4, |repairs| {
            repairs.insert_all(values.later.repairs);
            if let Some(refusal) = values.later.refusal {
                return Err(refusal);
            }
            let Some(size) = instruments.contract_size(instrument) else {
                return Ok(());
            };
            levels::contracts(&mut scratch.bids, size, keys.bids)?;
            levels::contracts(&mut scratch.asks, size, keys.asks)
        })?;
        stages.pass(5, |repairs| {
            s5_receive_time::check(received, repairs);
            Ok(())
        })?;
        Ok(Exact {
            instrument,
            values,
            issues: stages.issues,
        })
    }

    /// Stage 6.
    #[inline]
    fn judge_book(
        &mut self,
        raw: &RawBook<'_>,
        exact: &Exact,
        received: Option<UnixNanos>,
        counters: &mut Counters,
        reports: &mut Vec<Coverage>,
    ) -> Passed<Judged> {
        let internal = (6, Refusal::new(IssueCode::Internal, "$"));
        let Exact {
            instrument,
            values,
            issues,
        } = *exact;
        let at = self.book_of(instrument, raw.stream);
        let Self {
            settings,
            instruments,
            scratch,
            waiting,
            ..
        } = self;
        let entry = instruments.entry_mut(instrument).ok_or(internal)?;
        let stream = entry.books.get_mut(at).ok_or(internal)?;
        stream.last_received = stream.last_received.max(received);
        let content_hash = xxh3_64(raw.content);
        if stream.is_resized {
            stream.is_resized = false;
            stream
                .track
                .discard("contract size changed", received, reports);
        }
        let outcome = stream.track.observe(
            &update(raw, &values, content_hash, received, scratch),
            reports,
        );
        waiting.note(&mut stream.waiting, stream.track.waiting_bytes());
        if !reports.is_empty() {
            counters.gaps_opened += gaps_opened(reports);
        }
        let Outcome::Accepted {
            issues: mut remarks,
            applied,
        } = outcome
        else {
            counters.duplicates += 1;
            return Ok(Judged::Duplicate(instrument));
        };
        // A stream of whole books needs no books made of it.
        if applied && stream.rule != BookRule::Snapshots {
            // Deltas that waited may have brought it further than the message.
            stream.note_applied(stream.track.last_time(), received);
            self.applied = Some((instrument, at));
        }
        flag_times(stream, &values, received, settings, &mut remarks);
        if raw.action == BookAction::Snapshot && is_crossed(scratch) {
            remarks.insert(IssueCode::CrossedBook);
        }
        let mut issues = issues;
        if !remarks.is_empty() {
            issues.insert_all(remarks);
            counters.count_flagged(6);
        }
        counters.count_event(EventType::OrderBook, issues.quality());
        let event_id = EventId::from_sequence(stream.prefix, content_hash);
        Ok(Judged::Accepted(instrument, event_id, issues, values))
    }
}

/// Remarks odd times. How old a message is, its publishing time says: the book of a quiet instrument
/// last changed long ago.
fn flag_times(
    stream: &mut BookStreamState,
    values: &Values,
    received: Option<UnixNanos>,
    settings: &super::Settings,
    remarks: &mut IssueSet,
) {
    let Some(time) = values.time else {
        return;
    };
    let said = values.published.unwrap_or(time);
    s6_anomaly::flag_clocks(said, None, received, settings, remarks);
    if said < time {
        remarks.insert(IssueCode::TimeReversed);
    }
    if remarks.contains(IssueCode::OutOfOrder) {
        return;
    }
    if stream.latest_time.is_some_and(|latest| time < latest) {
        remarks.insert(IssueCode::TimeReversed);
    }
    stream.latest_time = Some(time);
}

fn is_crossed(levels: &Scratch) -> bool {
    let best = |side: &[Level]| side.first().and_then(|level| level.price.units_at(18));
    matches!((best(&levels.bids), best(&levels.asks)), (Some(bid), Some(ask)) if bid >= ask)
}

const fn update<'a>(
    raw: &RawBook<'a>,
    values: &Values,
    content_hash: u64,
    received: Option<UnixNanos>,
    levels: &'a Scratch,
) -> BookUpdate<'a> {
    BookUpdate {
        action: raw.action,
        origin: raw.origin,
        first_id: values.first_id,
        last_id: values.last_id,
        prev_id: values.prev_id,
        content_hash,
        time: values.time,
        received,
        bids: levels.bids.as_slice(),
        asks: levels.asks.as_slice(),
        raw_bids: raw.bids,
        raw_asks: raw.asks,
        checksum: values.checksum,
        asked_levels: levels.asked,
    }
}

fn event<'s>(
    head: EventHead<'s>,
    raw: &RawBook<'_>,
    values: &Values,
    levels: &'s Scratch,
) -> BookEvent<'s> {
    BookEvent {
        head,
        depth: raw.stream.depth,
        action: raw.action,
        origin: raw.origin,
        first_update_id: values.first_id,
        last_update_id: values.last_id,
        prev_update_id: values.prev_id.filter(|id| *id >= 0),
        bids: &levels.bids,
        asks: &levels.asks,
    }
}

/// Stage 1.
fn structure<'a>(raw: &RawBook<'a>, issues: &mut IssueSet) -> Result<Texts<'a>, Refusal> {
    let keys = &raw.stream.keys;
    s1_structure::all_there(&[(raw.symbol, keys.symbol)])?;
    let (first, last, prev) = needed_ids(raw);
    for (is_needed, field, key) in [
        (first, raw.first_id, keys.first_id),
        (last, raw.last_id, keys.last_id),
        (prev, raw.prev_id, keys.prev_id),
    ] {
        if is_needed {
            s1_structure::all_there(&[(field, key)])?;
        }
    }
    let symbol = s1_structure::text(raw.symbol, keys.symbol)?;
    let mut scalar = |field, usual, reason, key| match field {
        RawField::Missing => Ok(None),
        field => s1_structure::scalar(field, usual, Refusal::new(reason, key), issues).map(Some),
    };
    let number = JsonType::Number;
    let first_id = scalar(raw.first_id, number, IssueCode::Type, keys.first_id)?;
    let last_id = scalar(raw.last_id, number, IssueCode::Type, keys.last_id)?;
    let prev_id = scalar(raw.prev_id, number, IssueCode::Type, keys.prev_id)?;
    let time_type = raw.stream.time_type;
    let time = scalar(raw.time, time_type, IssueCode::Timestamp, keys.time)?;
    let checksum = scalar(raw.checksum, number, IssueCode::Type, "checksum")?;
    if raw.bids.len().saturating_add(raw.asks.len()) > MAX_LEVELS {
        return Err(Refusal::new(IssueCode::FrameTooLarge, keys.bids));
    }
    s1_structure::byte_order_mark(raw.has_byte_order_mark, issues);
    Ok(Texts {
        symbol,
        first_id,
        last_id,
        prev_id,
        time,
        checksum,
    })
}

/// Returns whether the channel's rule needs the first, the last and the previous id.
fn needed_ids(raw: &RawBook<'_>) -> (bool, bool, bool) {
    let is_delta = raw.action == BookAction::Delta;
    match raw.stream.continuity {
        BookRule::Snapshots => (false, false, false),
        BookRule::FirstAfterLast => (is_delta, true, false),
        BookRule::PrevIsLast => (is_delta, true, is_delta),
        BookRule::PrevIsLastOrChecksum => {
            let has_ids = raw.checksum == RawField::Missing || raw.last_id != RawField::Missing;
            (false, has_ids, has_ids && is_delta)
        }
        BookRule::LastPlusOne => (false, true, false),
    }
}

/// Stage 2; the levels go to `scratch`.
fn fields(
    raw: &RawBook<'_>,
    texts: &Texts<'_>,
    unit: TimeUnit,
    received: Option<UnixNanos>,
    scratch: &mut Scratch,
    issues: &mut IssueSet,
) -> Result<Values, Refusal> {
    let keys = &raw.stream.keys;
    let id = |text: Option<&[u8]>, lowest, key| {
        text.map(|text| s2_fields::update_id(text, lowest, key))
            .transpose()
    };
    let first_id = id(texts.first_id, 0, keys.first_id)?;
    let last_id = id(texts.last_id, 0, keys.last_id)?;
    let prev_id = id(texts.prev_id, -1, keys.prev_id)?;
    if first_id
        .zip(last_id)
        .is_some_and(|(first, last)| first > last)
    {
        return Err(Refusal::new(IssueCode::Id, keys.first_id));
    }
    let time = texts
        .time
        .map(|text| s2_fields::time(text, keys.time, unit, received, issues))
        .transpose()?;
    let published = s2_fields::published(raw.published, unit, issues);
    let checksum = texts.checksum.map(checksum).transpose()?;
    let mut later = Later::default();
    levels::read(raw.bids, keys.bids, &mut scratch.bids, &mut later)?;
    levels::read(raw.asks, keys.asks, &mut scratch.asks, &mut later)?;
    Ok(Values {
        first_id,
        last_id,
        prev_id,
        time,
        published,
        checksum,
        later,
    })
}

fn checksum(text: &[u8]) -> Result<i32, Refusal> {
    let number = core::str::from_utf8(text).ok().filter(|text| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    number
        .and_then(|text| text.parse().ok())
        .ok_or(Refusal::new(IssueCode::Id, "checksum"))
}

#[cfg(test)]
mod tests;
