//! What comes out of the pipeline.

use crate::model::{Instrument, IssueCode};

/// What becomes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<E> {
    /// A graded event of the instrument with this index; its `raw` is left `None`.
    Event(usize, E),
    /// The event, of the instrument with this index, is out already.
    Duplicate(usize),
    /// A change to a state of which nothing is known, without anything that is kept.
    Unsupported,
    /// Irreparable.
    Quarantine(Rejected),
}

/// Why a record was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// One of the irreparable codes.
    pub reason: IssueCode,
    /// The stage that gave up, 1 to 6.
    pub stage: u8,
    /// The field at fault in the venue's spelling.
    pub field: &'static str,
    /// Index of the instrument that the record names, when it is in the list.
    pub instrument: Option<usize>,
}

/// Ids known to be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenGap<'a> {
    /// Of what.
    pub instrument: &'a Instrument,
    /// In which channel.
    pub channel: &'static str,
    /// First missing id.
    pub first: u64,
    /// Last missing id.
    pub last: u64,
}
