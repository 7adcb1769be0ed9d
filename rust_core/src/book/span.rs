//! The update ids of one message, and where it belongs among the others.

use super::BookUpdate;
use crate::model::{BookRule, IssueCode, IssueSet};

/// Update ids that a message covers, both ends included; `last < first` covers none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Span {
    /// Returns the span of a delta; `None` when it has no id.
    #[inline]
    pub(super) fn of(rule: BookRule, update: &BookUpdate<'_>) -> Option<Self> {
        let last = update.last_id?;
        let after_previous = update
            .prev_id
            .filter(|id| *id >= 0)
            .map(|id| id.saturating_add(1));
        let first = match rule {
            BookRule::FirstAfterLast => update.first_id,
            BookRule::PrevIsLast | BookRule::PrevIsLastOrChecksum => {
                after_previous.or(update.first_id)
            }
            BookRule::LastPlusOne | BookRule::Snapshots => None,
        };
        Some(Self {
            first: first.unwrap_or(last),
            last,
        })
    }

    /// Returns whether it has something that a book as of `id` has not.
    pub(super) const fn is_after(self, id: i64) -> bool {
        self.last > id
    }

    /// Returns whether nothing lies between a book as of `id` and this.
    pub(super) const fn joins(self, id: i64) -> bool {
        self.first <= id.saturating_add(1)
    }

    /// Returns whether it goes on exactly where `id` ended.
    pub(super) const fn follows(self, id: i64) -> bool {
        self.first == id.saturating_add(1)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.last < self.first
    }
}

/// Where a message belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    First,
    Next,
    AfterGap,
    Overlap,
    Late,
    Jump,
    /// From before the venue began to count anew: a slower second line had it.
    Outdated,
    /// The venue began to count anew and the message joins what was before.
    Renumbered,
    /// The venue began to count anew; the message joins nothing.
    Restarted,
    Duplicate,
}

impl Place {
    pub(super) fn issues(self) -> IssueSet {
        let mut issues = IssueSet::EMPTY;
        match self {
            Self::AfterGap => issues.insert(IssueCode::SequenceGap),
            Self::Late | Self::Outdated => issues.insert(IssueCode::OutOfOrder),
            Self::Jump | Self::Restarted => issues.insert(IssueCode::SequenceJump),
            _ => {}
        }
        issues
    }
}

/// Returns a range of ids as records have it; a negative id is none.
pub(super) fn unsigned((first, last): (i64, i64)) -> Option<(u64, u64)> {
    Some((u64::try_from(first).ok()?, u64::try_from(last).ok()?))
}
