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

mod gaps;
mod whole;

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
        // A venue that counts its messages says with the first id that its service began anew, be it
        // within the millisecond of the message before.
        let is_anew = self.is_later(update) || (counts && id == 1 && !self.is_earlier(update));
        if is_far || (id < seen.last && is_anew) {
            return self.restart(span, update, reports, Place::Renumbered);
        }
        if id < seen.last {
            if counts {
                // As one ahead of the stream does: what it shows, nobody misses.
                self.fill(span, update, reports);
            }
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
}
