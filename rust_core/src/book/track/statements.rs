//! Losing and regaining a book, and what is said about it.

use super::BookTrack;
use crate::book::span::{Span, unsigned};
use crate::book::{BookState, BookUpdate};
use crate::model::{BookRule, Coverage, CoverageKind, ProofLevel, UnixNanos};

impl BookTrack {
    /// Keeps a delta for the next snapshot.
    pub(super) fn keep(
        &mut self,
        span: Span,
        update: &BookUpdate<'_>,
        reports: &mut Vec<Coverage>,
    ) {
        if self.state == BookState::Buffering {
            self.report_no_snapshot(update, reports);
        }
        if self.buffer.push(span, update) {
            self.report_overflow(Some(update), update.received, reports);
        }
    }

    pub(super) fn report_overflow(
        &mut self,
        update: Option<&BookUpdate<'_>>,
        received: Option<UnixNanos>,
        reports: &mut Vec<Coverage>,
    ) {
        if !self.has_overflowed {
            self.has_overflowed = true;
            let statement = self.statement(CoverageKind::BookUnsynced, update, received);
            reports.push(Coverage {
                reason: "buffer overflow".to_owned(),
                ..statement
            });
        }
    }

    fn report_no_snapshot(&mut self, update: &BookUpdate<'_>, reports: &mut Vec<Coverage>) {
        let is_pushed = matches!(
            self.rule,
            BookRule::PrevIsLastOrChecksum | BookRule::LastPlusOne
        );
        self.report_unsynced("no snapshot", Some(update), update.received, reports);
        if !is_pushed {
            self.state = BookState::Buffering;
        }
    }

    /// Gives up the book and everything counted in an earlier numbering.
    pub(super) fn forget(
        &mut self,
        reason: &str,
        update: &BookUpdate<'_>,
        reports: &mut Vec<Coverage>,
    ) {
        self.restarted = update.time;
        self.buffer.clear();
        self.lose(reason, update, reports);
    }

    /// Gives up the book.
    #[cold]
    pub(super) fn lose(
        &mut self,
        reason: &str,
        update: &BookUpdate<'_>,
        reports: &mut Vec<Coverage>,
    ) {
        self.report_unsynced(reason, Some(update), update.received, reports);
        self.base = None;
    }

    #[cold]
    pub(super) fn report_unsynced(
        &mut self,
        reason: &str,
        update: Option<&BookUpdate<'_>>,
        received: Option<UnixNanos>,
        reports: &mut Vec<Coverage>,
    ) {
        self.state = BookState::Unsynced;
        if !self.is_reported {
            self.is_reported = true;
            let statement = self.statement(CoverageKind::BookUnsynced, update, received);
            let gap = reports
                .last()
                .filter(|last| last.kind == CoverageKind::GapOpened);
            let ids = gap.map_or(statement.ids, |gap| gap.ids);
            reports.push(Coverage {
                reason: reason.to_owned(),
                ids,
                ..statement
            });
        }
    }

    pub(super) fn report_synced(&mut self, update: &BookUpdate<'_>, reports: &mut Vec<Coverage>) {
        let is_news =
            self.state != BookState::Live && (self.is_reported || self.rule != BookRule::Snapshots);
        self.state = BookState::Live;
        self.is_reported = false;
        self.has_overflowed = false;
        if is_news {
            reports.push(self.statement(CoverageKind::BookSynced, Some(update), update.received));
        }
    }

    fn statement(
        &self,
        kind: CoverageKind,
        update: Option<&BookUpdate<'_>>,
        received: Option<UnixNanos>,
    ) -> Coverage {
        Coverage {
            kind,
            proof: ProofLevel::Inferred,
            channel: self.channel.into(),
            ids: self.base.and_then(|id| unsigned((id, id))),
            start: self.base_time,
            end: update.and_then(|update| update.time).or(self.base_time),
            received,
            reason: String::new(),
        }
    }
}
