//! From a snapshot, or what was there before, to a live book.

use super::{BookTrack, has_checksum};
use crate::book::checksum::Texts;
use crate::book::continuity::LARGEST_GAP;
use crate::book::span::{Place, Span};
use crate::book::{BookState, BookUpdate, Outcome};
use crate::model::{BookAction, BookOrigin, BookRule, Coverage, IssueSet};

impl BookTrack {
    /// Takes a snapshot that the caller fetched. It says nothing about the stream. A live book that
    /// knows its depth does not need it; one that does not kept what came since it wanted one.
    pub(super) fn observe_fetched(
        &mut self,
        update: &BookUpdate<'_>,
        reports: &mut Vec<Coverage>,
    ) -> Outcome {
        let span = update.last_id.map(|id| Span {
            first: id,
            last: id,
        });
        self.continuity.start(update, span, reports);
        let is_repeated = self.continuity.is_repeated(update);
        let mut issues = IssueSet::EMPTY;
        let is_outdated =
            matches!((update.time, self.restarted), (Some(time), Some(since)) if time < since);
        // One so far ahead would keep the book live and every delta out of it.
        let is_absurd = matches!(
            (update.last_id, self.continuity.highest()),
            (Some(id), Some(highest)) if id.saturating_sub(highest) > LARGEST_GAP
        );
        let has_id = update.last_id.is_some() && !is_absurd;
        let is_wanted = self.wants_snapshot() && has_id && !is_outdated;
        let applied = is_wanted && self.adopt(update, &mut issues, reports);
        if is_repeated {
            Outcome::Duplicate
        } else {
            Outcome::Accepted { issues, applied }
        }
    }

    pub(super) fn observe_pushed(
        &mut self,
        update: &BookUpdate<'_>,
        reports: &mut Vec<Coverage>,
    ) -> Outcome {
        let span = update.last_id.map(|id| Span {
            first: id,
            last: id,
        });
        self.continuity.start(update, span, reports);
        let counts = self.rule == BookRule::LastPlusOne;
        let place = match update.last_id {
            Some(id) => self.continuity.snapshot(id, counts, update, reports),
            None => self.continuity.unnumbered(update),
        };
        let mut issues = place.issues();
        let is_wanted = match place {
            Place::Duplicate => {
                self.confirm(update, reports);
                return Outcome::Duplicate;
            }
            Place::Outdated => false,
            Place::Late => self.state != BookState::Live,
            Place::Renumbered => {
                self.restarted = update.time;
                self.buffer.clear();
                true
            }
            _ => true,
        };
        let applied = is_wanted && self.adopt(update, &mut issues, reports);
        Outcome::Accepted { issues, applied }
    }

    /// Replaces the book and brings it up to date with the deltas that waited. A snapshot that they
    /// do not join, or that is behind the stream, is too old: nothing changes.
    pub(super) fn adopt(
        &mut self,
        update: &BookUpdate<'_>,
        issues: &mut IssueSet,
        reports: &mut Vec<Coverage>,
    ) -> bool {
        if update.last_id.is_some_and(|id| !self.is_current(id)) {
            return false;
        }
        if self.levels.load(update.bids, update.asks).is_err() {
            self.lose("level out of range", update, reports);
            return false;
        }
        if update.origin == BookOrigin::Rest {
            self.levels.set_horizon(update.asked_levels);
        }
        self.is_worn = false;
        self.texts = has_checksum(update).then(Texts::default);
        self.settle(update, issues, reports) && self.catch_up(update, issues, reports)
    }

    /// Applies what waited and joins, and goes live.
    pub(super) fn catch_up(
        &mut self,
        update: &BookUpdate<'_>,
        issues: &mut IssueSet,
        reports: &mut Vec<Coverage>,
    ) -> bool {
        while let Some(waiting) = self.buffer.pop() {
            if !self.base.is_some_and(|base| waiting.span.is_after(base)) {
                continue;
            }
            let (raw_bids, raw_asks) = waiting.raw_levels();
            let delta = BookUpdate {
                action: BookAction::Delta,
                last_id: Some(waiting.span.last),
                time: waiting.time,
                bids: &waiting.bids,
                asks: &waiting.asks,
                raw_bids: &raw_bids,
                raw_asks: &raw_asks,
                checksum: waiting.checksum,
                ..*update
            };
            if !self.apply(&delta, issues, reports) {
                return false;
            }
        }
        self.report_synced(update, reports);
        true
    }

    /// Makes a book live again whose latest message the venue repeats after the connection was down.
    pub(super) fn confirm(&mut self, update: &BookUpdate<'_>, reports: &mut Vec<Coverage>) {
        let is_latest = self.base.is_some_and(|base| {
            update.last_id == Some(base) && self.continuity.highest() == Some(base)
        });
        if self.state == BookState::Unsynced && is_latest && self.base_time == update.time {
            let mut known = IssueSet::EMPTY;
            self.adopt(update, &mut known, reports);
        }
    }

    /// Goes on with the book from before a gap once late messages have filled it, or from before its
    /// connection was down.
    pub(super) fn heal(
        &mut self,
        update: &BookUpdate<'_>,
        issues: &mut IssueSet,
        reports: &mut Vec<Coverage>,
    ) -> bool {
        let joins = self.base.is_some_and(|base| self.is_current(base));
        joins && self.catch_up(update, issues, reports)
    }
}
