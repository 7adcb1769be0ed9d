//! Order books: one message after another makes a book that is right, or says that it is not.
//!
//! A [`BookTrack`] is one book channel of one instrument. It keeps two things apart:
//!
//! - **Continuity** of the stream: which update ids were seen, doubled, late, or are missing. It
//!   goes on whatever state the book is in, and its gaps are exact ranges of ids.
//! - **The book**: price levels that are right as of one update id. It is live from a snapshot whose
//!   following deltas join, until one does not join, the best bid is not below the best ask, or a
//!   checksum differs. From then on deltas are kept for the next snapshot.
//!
//! Every message covers a range of update ids, and all rules of the venues are statements about
//! these ranges (`span.rs`, `continuity.rs`). No clock, no IO: the caller fetches or resubscribes, at its pace,
//! while [`BookTrack::wants_snapshot`] says so.

mod buffer;
mod checksum;
mod continuity;
mod ladder;
mod levels;
mod ranges;
mod recent;
mod sides;
mod span;
mod track;

pub use track::BookTrack;

use crate::model::{BookAction, BookOrigin, IssueSet, Level, RawLevel, UnixNanos};

/// A cleaned order-book message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookUpdate<'a> {
    /// Replaces the book, or changes it.
    pub action: BookAction,
    /// Pushed, or fetched.
    pub origin: BookOrigin,
    /// First update id that the message covers.
    pub first_id: Option<i64>,
    /// Last update id.
    pub last_id: Option<i64>,
    /// Update id of the message before; -1 for none.
    pub prev_id: Option<i64>,
    /// Equal for the same message on another connection, and for no other.
    pub content_hash: u64,
    /// When it happened at the exchange.
    pub time: Option<UnixNanos>,
    /// When this machine received it.
    pub received: Option<UnixNanos>,
    /// In any order.
    pub bids: &'a [Level],
    /// In any order.
    pub asks: &'a [Level],
    /// The texts of `bids`, read only where there is a live checksum.
    pub raw_bids: &'a [RawLevel<'a>],
    /// The texts of `asks`.
    pub raw_asks: &'a [RawLevel<'a>],
    /// Signed CRC-32 of the best 25 levels; 0 says that the venue does not compute it any more.
    pub checksum: Option<i32>,
    /// Levels a side that were asked for, of a reply to a request that says so.
    pub asked_levels: Option<usize>,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is an event.
    Accepted {
        /// What is to be remarked on it.
        issues: IssueSet,
        /// Whether the live book is another one now.
        applied: bool,
    },
    /// It is already known.
    Duplicate,
}

/// Whether a book can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookState {
    /// No snapshot was seen yet.
    Buffering,
    /// Right as of its last update id.
    Live,
    /// Not to be trusted until the next snapshot.
    Unsynced,
}

impl BookState {
    /// Returns the state's lower-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Buffering => "buffering",
            Self::Live => "live",
            Self::Unsynced => "unsynced",
        }
    }
}

#[cfg(test)]
mod tests;
