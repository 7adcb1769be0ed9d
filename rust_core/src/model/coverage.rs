//! Statements about completeness.

use std::borrow::Cow;

use super::UnixNanos;

/// What a coverage record states. Numbers are those of `tapeline.market.v1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CoverageKind {
    /// First event of a stream in this run, or its subscription on purpose.
    SessionStart = 1,
    /// Ids were skipped.
    GapOpened = 2,
    /// Ids earlier reported missing arrived late.
    GapFilled = 3,
    /// The venue's numbering started again.
    SequenceReset = 4,
    /// The run ended cleanly, or the stream was unsubscribed from on purpose.
    SessionEnd = 5,
    /// The connection of the stream was lost.
    ConnectionLost = 6,
    /// The connection of the stream is back.
    ConnectionRestored = 7,
    /// The book cannot be trusted from here on.
    BookUnsynced = 8,
    /// The book is right again.
    BookSynced = 9,
}

/// What the evidence can carry. Numbers are those of `tapeline.market.v1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProofLevel {
    /// The venue promises contiguous ids and none is missing.
    ProvenComplete = 1,
    /// The venue promises contiguous ids and some are missing.
    ProvenGap = 2,
    /// Nothing the venue sends can prove loss.
    Unverifiable = 3,
    /// Contiguous in every recording, but not promised.
    Inferred = 4,
}

/// One statement about a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// What is stated.
    pub kind: CoverageKind,
    /// How well it is known.
    pub proof: ProofLevel,
    /// The venue's stream, e.g. `trade`.
    pub channel: Cow<'static, str>,
    /// The range of ids, both ends included.
    pub ids: Option<(u64, u64)>,
    /// Exchange time before the range.
    pub start: Option<UnixNanos>,
    /// Exchange time after the range.
    pub end: Option<UnixNanos>,
    /// When this machine knew.
    pub received: Option<UnixNanos>,
    /// One sentence for people; may be empty.
    pub reason: String,
}
