//! What is missing, and what is said of it.

use super::{Continuity, LARGEST_GAP};
use crate::book::BookUpdate;
use crate::book::span::{Span, unsigned};
use crate::model::{Coverage, CoverageKind, ProofLevel, UnixNanos};

impl Continuity {
    /// Takes a span out of the gaps; returns whether any of it was missing.
    pub(super) fn fill(
        &mut self,
        span: Span,
        update: &BookUpdate<'_>,
        reports: &mut Vec<Coverage>,
    ) -> bool {
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

    pub(super) fn extend_below(
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

    pub(super) fn open_gap(
        &mut self,
        (first, last): (i64, i64),
        start: Option<UnixNanos>,
        update: &BookUpdate<'_>,
        reports: &mut Vec<Coverage>,
    ) {
        self.gaps.open(first, last);
        let statement = self.statement(CoverageKind::GapOpened, update, Some(Span { first, last }));
        reports.push(Coverage { start, ..statement });
    }

    /// Says what is missing between a snapshot, as of an id and a time, and the stream's first message.
    pub(in crate::book) fn begin_after(
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

    pub(super) fn statement(
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
