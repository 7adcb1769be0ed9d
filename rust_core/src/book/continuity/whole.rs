//! The place of whole books, which ids only order, and of messages without ids.

use super::{Continuity, LONGEST_LATE_NS, LONGEST_LATE_RUN, LateRun};
use crate::book::BookUpdate;
use crate::book::span::{Place, Span};
use crate::model::Coverage;

impl Continuity {
    /// Finds the place of a message of a stream of whole books, whose ids only order them.
    #[inline]
    pub(in crate::book) fn whole(
        &mut self,
        update: &BookUpdate<'_>,
        reports: &mut Vec<Coverage>,
    ) -> Place {
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
    pub(in crate::book) fn unnumbered(&mut self, update: &BookUpdate<'_>) -> Place {
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
}
