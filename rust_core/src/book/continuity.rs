//! Which update ids of a stream were seen.
//!
//! Every message covers a span of ids, from the one after the previous message's to its own last
//! one. With `last` the highest id seen:
//!
//! | span | place |
//! |---|---|
//! | first message | the stream begins with it |
//! | begins at `last + 1` | next |
//! | begins later | the ids between are a gap |
//! | begins earlier, ends later | overlap: new from `last + 1` on |
//! | in an open gap, or below the first id | late |
//! | known content, or seen ids | duplicate |
//! | more than 10^9 below the first id | outdated |
//! | seen ids with a later time, or more than 10^12 ahead | jump; a second one that joins the first restarts the numbering |
//! | empty, joins, ends where it begins (OKX keep-alive) | next |
//! | empty, joins, ends lower (OKX after maintenance) | the numbering restarts |
//! | up to a minute older than the numbering, and does not follow | outdated |

use super::BookUpdate;
use super::ranges::Ranges;
use super::recent::Recent;
use super::span::{Place, Span, unsigned};
use crate::model::{Coverage, CoverageKind, ProofLevel, UnixNanos};

/// A larger step up is a jump, not a gap: Binance's futures count some 10^10 ids a day.
pub(super) const LARGEST_GAP: i64 = 1_000_000_000_000;

/// A message further below the first one says nothing of what was missed: hours of Binance's futures.
const FARTHEST_BELOW: i64 = 1_000_000_000;

/// How long after the venue began to count anew a message from before may still come.
const LONGEST_DELAY_NS: i64 = 60_000_000_000;

/// So many late whole books without a time in a row, for so long and each above the one before: the venue
/// began to count anew. What a slower second line brings at once after a stall takes no such time, and
/// comes between what the faster one brings.
const LONGEST_LATE_RUN: u32 = 32;
const LONGEST_LATE_NS: i64 = 60_000_000_000;

/// Late whole books without a time since the latest one that was not late.
#[derive(Clone, Copy, Debug, Default)]
struct LateRun {
    count: u32,
    id: i64,
    since: Option<UnixNanos>,
}

/// The ids of one stream.
#[derive(Clone, Debug)]
pub(super) struct Continuity {
    channel: &'static str,
    gap_proof: ProofLevel,
    is_started: bool,
    /// First and highest id seen in this numbering.
    seen: Option<Span>,
    first_time: Option<UnixNanos>,
    latest_time: Option<UnixNanos>,
    gaps: Ranges,
    /// Gaps of earlier numberings: nobody can fill them any more.
    lost: Vec<(i64, i64)>,
    candidate: Option<Span>,
    recent: Recent,
    filled: Vec<(i64, i64)>,
    late_run: LateRun,
    /// When the venue last began to count anew.
    restarted: Option<UnixNanos>,
}

impl Continuity {
    /// `known` is how many of the latest messages are known again.
    pub(super) fn new(channel: &'static str, gap_proof: ProofLevel, known: usize) -> Self {
        Self {
            channel,
            gap_proof,
            is_started: false,
            seen: None,
            first_time: None,
            latest_time: None,
            gaps: Ranges::default(),
            lost: Vec::new(),
            candidate: None,
            recent: Recent::new(known),
            filled: Vec::new(),
            late_run: LateRun::default(),
            restarted: None,
        }
    }

    pub(super) fn missing(&self) -> impl Iterator<Item = (i64, i64)> {
        self.lost.iter().chain(self.gaps.as_slice()).copied()
    }

    /// Returns how many gaps are not among the missing any more, because there were too many.
    pub(super) const fn forgotten(&self) -> u64 {
        self.gaps.forgotten()
    }

    /// Returns the highest id seen.
    pub(super) fn highest(&self) -> Option<i64> {
        self.seen.map(|seen| seen.last)
    }

    /// Reports the session's start with its first message.
    pub(super) fn start(
        &mut self,
        update: &BookUpdate<'_>,
        span: Option<Span>,
        reports: &mut Vec<Coverage>,
    ) {
        if !self.is_started {
            self.is_started = true;
            self.first_time = update.time;
            reports.push(self.statement(CoverageKind::SessionStart, update, span));
        }
    }

    /// Finds the place of a delta.
    #[inline]
    pub(super) fn delta(
        &mut self,
        span: Span,
        update: &BookUpdate<'_>,
        reports: &mut Vec<Coverage>,
    ) -> Place {
        match &mut self.seen {
            Some(seen) if span.follows(seen.last) && !span.is_empty() => {
                seen.last = span.last;
                self.accept(update);
                Place::Next
            }
            _ => self.unusual(span, update, reports),
        }
    }

    #[cold]
    fn unusual(
        &mut self,
        span: Span,
        update: &BookUpdate<'_>,
        reports: &mut Vec<Coverage>,
    ) -> Place {
        let Some(seen) = self.seen else {
            return self.begin(span, update);
        };
        if self.recent.has(update.content_hash) {
            return Place::Duplicate;
        }
        if self.is_outdated(update) {
            self.recent.put(update.content_hash);
            return Place::Outdated;
        }
        if span.first > seen.last.saturating_add(1) {
            if span.first.saturating_sub(seen.last) > LARGEST_GAP {
                return self.jump(span, update, reports);
            }
            self.open_gap(
                (seen.last.saturating_add(1), span.first.saturating_sub(1)),
                self.latest_time,
                update,
                reports,
            );
            return self.advance(seen, span, update, Place::AfterGap, reports);
        }
        if span.is_empty() {
            if span.follows(seen.last) {
                return self.advance(seen, span, update, Place::Next, reports);
            }
            self.recent.put(update.content_hash);
            return Place::Late;
        }
        let is_late = self.fill(span, update, reports);
        if span.last > seen.last {
            return self.advance(seen, span, update, Place::Overlap, reports);
        }
        if !is_late {
            if self.is_later(update) {
                return self.jump(span, update, reports);
            }
            if span.first >= seen.first {
                return Place::Duplicate;
            }
            if seen.first.saturating_sub(span.last) > FARTHEST_BELOW {
                self.recent.put(update.content_hash);
                return Place::Outdated;
            }
        }
        self.extend_below(seen, span, update, reports);
        self.candidate = None;
        self.recent.put(update.content_hash);
        Place::Late
    }

    /// Finds the place of a snapshot that the venue pushed into a stream of deltas. What lies
    /// between the highest id seen and the snapshot's was not received: with `counts` each message
    /// has one id and the snapshot's own is accounted for by it, otherwise the update that gave the
    /// snapshot its id is missing too.
    pub(super) fn snapshot(
        &mut self,
        id: i64,
        counts: bool,
        update: &BookUpdate<'_>,
        reports: &mut Vec<Coverage>,
    ) -> Place {
        let span = Span {
            first: id,
            last: id,
        };
        let Some(seen) = self.seen else {
            return self.begin(span, update);
        };
        if self.recent.has(update.content_hash) {
            return Place::Duplicate;
        }
        if self.is_outdated(update) {
            self.recent.put(update.content_hash);
            return Place::Outdated;
        }
        let is_far = id.saturating_sub(seen.last) > LARGEST_GAP;
        if is_far || (id < seen.last && self.is_later(update)) {
            return self.restart(span, update, reports, Place::Renumbered);
        }
        if id < seen.last {
            self.recent.put(update.content_hash);
            return Place::Late;
        }
        let missing = (
            seen.last.saturating_add(1),
            if counts { id.saturating_sub(1) } else { id },
        );
        let has_gap = missing.0 <= missing.1;
        if has_gap {
            self.open_gap(missing, self.latest_time, update, reports);
        }
        self.seen = Some(Span { last: id, ..seen });
        self.accept(update);
        if has_gap {
            Place::AfterGap
        } else {
            Place::Next
        }
    }

    /// Finds the place of a message of a stream of whole books, whose ids only order them.
    #[inline]
    pub(super) fn whole(&mut self, update: &BookUpdate<'_>, reports: &mut Vec<Coverage>) -> Place {
        let Some(id) = update.last_id else {
            return self.unnumbered(update);
        };
        let span = Span {
            first: id,
            last: id,
        };
        match &mut self.seen {
            Some(seen) if id > seen.last => {
                seen.last = id;
                self.accept(update);
                Place::Next
            }
            Some(seen) => {
                let last = seen.last;
                self.whole_again(id, last, update, reports)
            }
            None => self.begin(span, update),
        }
    }

    /// Finds the place of a whole book whose id is not above the last one.
    fn whole_again(
        &mut self,
        id: i64,
        last: i64,
        update: &BookUpdate<'_>,
        reports: &mut Vec<Coverage>,
    ) -> Place {
        if self.recent.has(update.content_hash) {
            return Place::Duplicate;
        }
        if id < last && (self.is_later(update) || self.is_long_run(id, update)) {
            let span = Span {
                first: id,
                last: id,
            };
            return self.restart(span, update, reports, Place::Renumbered);
        }
        if id < last || self.is_earlier(update) {
            self.recent.put(update.content_hash);
            return Place::Late;
        }
        // The same book with a new time.
        self.accept(update);
        Place::Next
    }

    /// Counts a late whole book; returns whether there were enough of them to follow. One with a time
    /// says by that where it belongs.
    fn is_long_run(&mut self, id: i64, update: &BookUpdate<'_>) -> bool {
        if update.time.is_some() {
            return false;
        }
        let run = &mut self.late_run;
        if run.count == 0 || id <= run.id {
            *run = LateRun {
                since: update.received,
                ..LateRun::default()
            };
        }
        run.count = run.count.saturating_add(1);
        run.id = id;
        let lasted = update.received.zip(run.since);
        let lasted = lasted.map_or(0, |(now, since)| now.get().saturating_sub(since.get()));
        run.count >= LONGEST_LATE_RUN && lasted >= LONGEST_LATE_NS
    }

    /// Finds the place of a message without ids: all that can be told is the same one and an older one.
    pub(super) fn unnumbered(&mut self, update: &BookUpdate<'_>) -> Place {
        if self.recent.has(update.content_hash) {
            return Place::Duplicate;
        }
        if self.is_earlier(update) {
            self.recent.put(update.content_hash);
            return Place::Late;
        }
        self.accept(update);
        Place::Next
    }

    /// Returns whether the message is known; remembers it otherwise.
    pub(super) fn is_repeated(&mut self, update: &BookUpdate<'_>) -> bool {
        let is_known = self.recent.has(update.content_hash);
        if !is_known {
            self.recent.put(update.content_hash);
        }
        is_known
    }

    /// Returns what is left of a session that ended on purpose: what was missing, and what to know again.
    pub(super) fn ended(mut self) -> Self {
        self.gaps.give_up(&mut self.lost);
        Self {
            lost: self.lost,
            gaps: self.gaps,
            recent: self.recent,
            ..Self::new(self.channel, self.gap_proof, 0)
        }
    }

    /// Returns the statement that ends the session, if it ever began.
    pub(super) fn end(&self, received: Option<UnixNanos>) -> Option<Coverage> {
        self.is_started.then(|| Coverage {
            kind: CoverageKind::SessionEnd,
            proof: ProofLevel::Inferred,
            channel: self.channel.into(),
            ids: self.seen.and_then(|seen| unsigned((seen.first, seen.last))),
            start: self.first_time,
            end: self.latest_time,
            received,
            reason: String::new(),
        })
    }

    fn begin(&mut self, span: Span, update: &BookUpdate<'_>) -> Place {
        let first = span.first.min(span.last);
        self.seen = Some(Span {
            first,
            last: span.last,
        });
        self.accept(update);
        Place::First
    }

    /// Says what is missing between a snapshot, as of an id and a time, and the stream's first message.
    pub(super) fn begin_after(
        &mut self,
        (id, time): (i64, Option<UnixNanos>),
        span: Span,
        update: &BookUpdate<'_>,
        reports: &mut Vec<Coverage>,
    ) {
        let (first, last) = (id.saturating_add(1), span.first.saturating_sub(1));
        if span.first.saturating_sub(id) > LARGEST_GAP {
            return;
        }
        self.open_gap((first, last), time, update, reports);
        self.seen = self.seen.map(|seen| Span { first, ..seen });
    }

    fn advance(
        &mut self,
        seen: Span,
        span: Span,
        update: &BookUpdate<'_>,
        place: Place,
        reports: &mut Vec<Coverage>,
    ) -> Place {
        if span.last < span.first.saturating_sub(1) {
            return self.restart(span, update, reports, Place::Renumbered);
        }
        self.seen = Some(Span {
            last: span.last,
            ..seen
        });
        self.accept(update);
        place
    }

    fn jump(&mut self, span: Span, update: &BookUpdate<'_>, reports: &mut Vec<Coverage>) -> Place {
        self.recent.put(update.content_hash);
        match self.candidate {
            Some(candidate) if span.follows(candidate.last) => {
                let place = self.restart(span, update, reports, Place::Restarted);
                self.seen = Some(Span {
                    first: candidate.first,
                    last: span.last,
                });
                place
            }
            _ => {
                self.candidate = Some(span);
                Place::Jump
            }
        }
    }

    fn restart(
        &mut self,
        span: Span,
        update: &BookUpdate<'_>,
        reports: &mut Vec<Coverage>,
        place: Place,
    ) -> Place {
        self.gaps.give_up(&mut self.lost);
        self.restarted = update.time;
        self.seen = Some(Span {
            first: span.last,
            last: span.last,
        });
        self.accept(update);
        let statement = self.statement(CoverageKind::SequenceReset, update, self.seen);
        reports.push(statement);
        place
    }

    fn accept(&mut self, update: &BookUpdate<'_>) {
        if update.time.is_some() {
            self.latest_time = update.time;
        }
        self.candidate = None;
        self.late_run.count = 0;
        self.recent.put(update.content_hash);
    }

    /// Returns whether the message's ids are of the numbering before this one.
    fn is_outdated(&self, update: &BookUpdate<'_>) -> bool {
        let times = update.time.zip(self.restarted);
        let delay = times.map_or(0, |(time, since)| since.get().saturating_sub(time.get()));
        (1..=LONGEST_DELAY_NS).contains(&delay)
    }

    fn is_later(&self, update: &BookUpdate<'_>) -> bool {
        matches!((update.time, self.latest_time), (Some(time), Some(latest)) if time > latest)
    }

    fn is_earlier(&self, update: &BookUpdate<'_>) -> bool {
        matches!((update.time, self.latest_time), (Some(time), Some(latest)) if time < latest)
    }

    /// Takes a span out of the gaps; returns whether any of it was missing.
    fn fill(&mut self, span: Span, update: &BookUpdate<'_>, reports: &mut Vec<Coverage>) -> bool {
        let mut filled = core::mem::take(&mut self.filled);
        self.gaps.fill(span.first, span.last, &mut filled);
        let is_late = !filled.is_empty();
        for (first, last) in filled.drain(..) {
            reports.push(self.statement(
                CoverageKind::GapFilled,
                update,
                Some(Span { first, last }),
            ));
        }
        self.filled = filled;
        is_late
    }

    fn extend_below(
        &mut self,
        seen: Span,
        span: Span,
        update: &BookUpdate<'_>,
        reports: &mut Vec<Coverage>,
    ) {
        if span.first >= seen.first {
            return;
        }
        if span.last.saturating_add(1) < seen.first {
            let (first, last) = (span.last.saturating_add(1), seen.first.saturating_sub(1));
            self.gaps.open(first, last);
            let statement =
                self.statement(CoverageKind::GapOpened, update, Some(Span { first, last }));
            reports.push(Coverage {
                end: self.first_time,
                ..statement
            });
        }
        self.seen = Some(Span {
            first: span.first,
            ..seen
        });
        self.first_time = update.time;
    }

    fn open_gap(
        &mut self,
        (first, last): (i64, i64),
        start: Option<UnixNanos>,
        update: &BookUpdate<'_>,
        reports: &mut Vec<Coverage>,
    ) {
        self.gaps.open(first, last);
        let statement = self.statement(CoverageKind::GapOpened, update, Some(Span { first, last }));
        reports.push(Coverage {
            start,
            ..statement
        });
    }

    fn statement(
        &self,
        kind: CoverageKind,
        update: &BookUpdate<'_>,
        span: Option<Span>,
    ) -> Coverage {
        let is_gap = matches!(kind, CoverageKind::GapOpened | CoverageKind::GapFilled);
        Coverage {
            kind,
            proof: if is_gap {
                self.gap_proof
            } else {
                ProofLevel::Inferred
            },
            channel: self.channel.into(),
            ids: span.and_then(|span| unsigned((span.first.min(span.last), span.last))),
            start: update.time,
            end: update.time,
            received: update.received,
            reason: String::new(),
        }
    }
}
