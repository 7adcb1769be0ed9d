//! Records of what could not become an event.

use super::{IssueCode, UnixNanos};

/// A frame, or one element of it, that is irreparable: recorded with its bytes and its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quarantine<'a> {
    /// One of the irreparable codes.
    pub reason: IssueCode,
    /// The cleaning stage that gave up, 1 to 6.
    pub stage: u8,
    /// The field at fault in the venue's spelling, `$` for the frame.
    pub field: &'a str,
    /// Byte offset in the frame, for faults of encoding or JSON text.
    pub offset: Option<usize>,
    /// When the frame was received.
    pub received: Option<UnixNanos>,
    /// The frame; empty where records of the same frame carry enough copies of it.
    pub raw: &'a [u8],
    /// Length of the frame.
    pub raw_length: usize,
}
