//! One book channel of one instrument: the state machine.

mod queries;
mod snapshots;
mod statements;

use super::buffer::Buffer;
use super::checksum::Texts;
use super::continuity::Continuity;
use super::levels::Levels;
use super::recent;
use super::span::{Place, Span};
use super::{BookState, BookUpdate, Outcome};
use crate::model::{
    BookAction, BookDepth, BookOrigin, BookRule, Coverage, IssueCode, IssueSet, ProofLevel,
    UnixNanos,
};

/// The book of one channel of one instrument, and the continuity of its messages.
#[derive(Clone, Debug)]
pub struct BookTrack {
    rule: BookRule,
    depth: BookDepth,
    channel: &'static str,
    state: BookState,
    continuity: Continuity,
    levels: Levels,
    /// Kept while the venue computes checksums.
    texts: Option<Texts>,
    /// Update id as of which `levels` are right; `None` when they are not, or have no id.
    base: Option<i64>,
    /// Exchange time of what `levels` show.
    base_time: Option<UnixNanos>,
    /// When the venue last began to count anew: snapshots from before cannot be compared by id.
    restarted: Option<UnixNanos>,
    /// Whether a record says that the book is not to be trusted.
    is_reported: bool,
    has_overflowed: bool,
    /// Whether the market left the prices that the last fetched snapshot showed.
    is_worn: bool,
    /// Whether the stream's connection is down.
    is_cut: bool,
    buffer: Buffer,
}

impl BookTrack {
    /// Starts with nothing known.
    #[must_use]
    pub fn new(
        rule: BookRule,
        depth: BookDepth,
        channel: &'static str,
        gap_proof: ProofLevel,
    ) -> Self {
        let known = match rule {
            BookRule::Snapshots => recent::OF_WHOLE_BOOKS,
            _ => recent::OF_DELTAS,
        };
        Self {
            rule,
            depth,
            channel,
            state: BookState::Buffering,
            continuity: Continuity::new(channel, gap_proof, known),
            levels: Levels::default(),
            texts: None,
            base: None,
            base_time: None,
            restarted: None,
            is_reported: false,
            has_overflowed: false,
            is_worn: false,
            is_cut: false,
            buffer: Buffer::default(),
        }
    }

    /// Takes a message; statements about completeness and about the book go to `reports`.
    pub fn observe(&mut self, update: &BookUpdate<'_>, reports: &mut Vec<Coverage>) -> Outcome {
        self.is_cut &= update.origin == BookOrigin::Rest;
        match (self.rule, update.action, update.origin) {
            (BookRule::Snapshots, ..) => self.observe_whole(update, reports),
            (_, BookAction::Delta, _) => self.observe_delta(update, reports),
            (_, BookAction::Snapshot, BookOrigin::Rest) => self.observe_fetched(update, reports),
            (_, BookAction::Snapshot, _) => self.observe_pushed(update, reports),
        }
    }

    /// Distrusts the book because the connection of its stream is down. The next message that joins
    /// what it showed makes it live again; without one it needs a snapshot as after a gap, but not
    /// before [`BookTrack::reconnect`] or a message says that the stream is back.
    pub fn distrust(
        &mut self,
        reason: &str,
        received: Option<UnixNanos>,
        reports: &mut Vec<Coverage>,
    ) {
        self.is_cut = true;
        if self.state == BookState::Live {
            self.report_unsynced(reason, None, received, reports);
        }
    }

    /// Gives the book up: nothing it shows, and nothing that waits, means what messages mean from now
    /// on. Only a snapshot makes it live again.
    pub fn discard(
        &mut self,
        reason: &str,
        received: Option<UnixNanos>,
        reports: &mut Vec<Coverage>,
    ) {
        self.report_unsynced(reason, None, received, reports);
        self.base = None;
        self.buffer.clear();
    }

    /// Takes note that the connection of the stream is back.
    pub fn reconnect(&mut self) {
        self.is_cut = false;
    }

    /// Ends the session of a stream that was given up on purpose: it may begin anew, and what it
    /// misses until then is no gap. What was missing before stays so.
    pub fn stop(&mut self, received: Option<UnixNanos>) -> Option<Coverage> {
        let end = self.end(received);
        let fresh = Self::new(self.rule, self.depth, self.channel, ProofLevel::Inferred);
        let ended = core::mem::replace(self, fresh);
        self.continuity = ended.continuity.ended();
        end
    }

    /// Drops the deltas that wait, because those of all books together are too many.
    pub fn drop_waiting(&mut self, received: Option<UnixNanos>, reports: &mut Vec<Coverage>) {
        self.buffer.clear();
        // A live book keeps them only to know its depth again.
        if self.state != BookState::Live {
            self.report_overflow(None, received, reports);
        }
    }

    fn observe_whole(&mut self, update: &BookUpdate<'_>, reports: &mut Vec<Coverage>) -> Outcome {
        let span = update.last_id.map(|id| Span {
            first: id,
            last: id,
        });
        self.continuity.start(update, span, reports);
        let place = self.continuity.whole(update, reports);
        if place == Place::Duplicate {
            self.confirm(update, reports);
            return Outcome::Duplicate;
        }
        let mut issues = place.issues();
        if place == Place::Late {
            return Outcome::Accepted {
                issues,
                applied: false,
            };
        }
        if update.action == BookAction::Delta {
            // What it leaves out is not known.
            self.lose("not a whole book", update, reports);
            return Outcome::Accepted {
                issues,
                applied: false,
            };
        }
        let applied = self.adopt(update, &mut issues, reports);
        Outcome::Accepted { issues, applied }
    }

    fn observe_delta(&mut self, update: &BookUpdate<'_>, reports: &mut Vec<Coverage>) -> Outcome {
        let Some(span) = Span::of(self.rule, update) else {
            return self.observe_unnumbered(update, reports);
        };
        self.continuity.start(update, Some(span), reports);
        let place = self.continuity.delta(span, update, reports);
        let mut issues = place.issues();
        let applied = match (place, self.state) {
            (Place::Duplicate, _) => return Outcome::Duplicate,
            (Place::Outdated, _) => false,
            (Place::Jump, _) => {
                self.lose("sequence jump", update, reports);
                false
            }
            (Place::Restarted, _) => {
                self.forget("sequence reset", update, reports);
                self.keep(span, update, reports);
                false
            }
            (Place::Renumbered, _) => self.renumber(span, update, &mut issues, reports),
            (_, BookState::Live) => self.follow(span, place, update, &mut issues, reports),
            _ => {
                self.keep(span, update, reports);
                self.heal(update, &mut issues, reports)
            }
        };
        Outcome::Accepted { issues, applied }
    }

    /// Applies a delta to a live book if it joins.
    #[inline]
    fn follow(
        &mut self,
        span: Span,
        place: Place,
        update: &BookUpdate<'_>,
        issues: &mut IssueSet,
        reports: &mut Vec<Coverage>,
    ) -> bool {
        let base = self.base.unwrap_or(i64::MIN);
        if !span.is_after(base) {
            return false;
        }
        if !span.joins(base) {
            if place == Place::First {
                // The stream had nothing before: what lies between the snapshot and it is missing.
                let snapshot = (base, self.base_time);
                self.continuity.begin_after(snapshot, span, update, reports);
                issues.insert(IssueCode::SequenceGap);
            }
            self.report_unsynced("gap", Some(update), update.received, reports);
            self.keep(span, update, reports);
            return false;
        }
        if place == Place::Overlap && self.is_strict() {
            self.lose("update ids do not join", update, reports);
            self.keep(span, update, reports);
            return false;
        }
        let applied = self.apply(update, issues, reports);
        if applied && self.is_worn {
            // The snapshot that is asked for will be behind the stream when it comes.
            self.buffer.push_recent(span, update);
        }
        applied
    }

    /// Takes OKX's one message whose id is lower than the one before.
    fn renumber(
        &mut self,
        span: Span,
        update: &BookUpdate<'_>,
        issues: &mut IssueSet,
        reports: &mut Vec<Coverage>,
    ) -> bool {
        let joins = self.base.is_some_and(|base| span.follows(base));
        if self.state == BookState::Live && joins {
            self.restarted = update.time;
            return self.apply(update, issues, reports);
        }
        self.forget("sequence reset", update, reports);
        false
    }

    fn observe_unnumbered(
        &mut self,
        update: &BookUpdate<'_>,
        reports: &mut Vec<Coverage>,
    ) -> Outcome {
        self.continuity.start(update, None, reports);
        let place = self.continuity.unnumbered(update);
        let mut issues = place.issues();
        let is_allowed =
            self.rule == BookRule::PrevIsLastOrChecksum && self.continuity.highest().is_none();
        let reason = match (place, self.state) {
            (Place::Duplicate, _) => return Outcome::Duplicate,
            (_, BookState::Buffering) => "no snapshot",
            (Place::Late, _) => "out of order",
            _ if !is_allowed => "no update id",
            (_, BookState::Live) => {
                let applied = self.apply(update, &mut issues, reports);
                return Outcome::Accepted { issues, applied };
            }
            _ => "no snapshot",
        };
        self.lose(reason, update, reports);
        Outcome::Accepted {
            issues,
            applied: false,
        }
    }

    /// Sets levels, then looks whether the book still makes sense.
    #[inline]
    fn apply(
        &mut self,
        update: &BookUpdate<'_>,
        issues: &mut IssueSet,
        reports: &mut Vec<Coverage>,
    ) -> bool {
        if self.levels.set(update.bids, update.asks).is_err() {
            self.lose("level out of range", update, reports);
            return false;
        }
        self.settle(update, issues, reports)
    }

    #[inline]
    fn settle(
        &mut self,
        update: &BookUpdate<'_>,
        issues: &mut IssueSet,
        reports: &mut Vec<Coverage>,
    ) -> bool {
        let fault = if self.levels.is_crossed() {
            Some((IssueCode::CrossedBook, "crossed"))
        } else if self.is_checksum_wrong(update) {
            Some((IssueCode::ChecksumMismatch, "checksum"))
        } else {
            None
        };
        if let Some((code, reason)) = fault {
            issues.insert(code);
            self.lose(reason, update, reports);
            return false;
        }
        self.is_worn |= self.levels.widen();
        self.base = update.last_id;
        self.base_time = update.time;
        true
    }

    fn is_checksum_wrong(&mut self, update: &BookUpdate<'_>) -> bool {
        let Some(texts) = &mut self.texts else {
            return false;
        };
        texts.set(
            (update.bids, update.raw_bids),
            (update.asks, update.raw_asks),
        );
        has_checksum(update) && update.checksum != Some(texts.checksum())
    }

    /// Returns whether a book as of `id` and what waits for it come to the latest message.
    fn is_current(&self, id: i64) -> bool {
        let reach = self.buffer.reach(id, self.is_strict());
        reach.is_some_and(|reach| {
            self.continuity
                .highest()
                .is_none_or(|highest| reach >= highest)
        })
    }

    /// Returns whether each delta must name the one before.
    fn is_strict(&self) -> bool {
        matches!(
            self.rule,
            BookRule::PrevIsLast | BookRule::PrevIsLastOrChecksum
        )
    }
}

fn has_checksum(update: &BookUpdate<'_>) -> bool {
    update.checksum.is_some_and(|checksum| checksum != 0)
}
