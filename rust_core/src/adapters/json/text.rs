//! What all JSON text has in common: faults, spans, UTF-8.

use crate::model::IssueCode;

/// Why a text is not JSON, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// One of the irreparable codes.
    pub reason: IssueCode,
    /// Byte offset in the text that was scanned.
    pub offset: usize,
}

impl Fault {
    pub(super) const fn new(reason: IssueCode, offset: usize) -> Self {
        Self { reason, offset }
    }
}

/// The bytes `start..end` of a text, and whether they hold escapes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
    /// Whether a backslash occurs; only ever in strings.
    pub has_escapes: bool,
}

impl Span {
    /// Returns the span's bytes, escapes as they stand.
    #[must_use]
    pub fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// Appends the span's characters, escapes resolved, to `target`.
    ///
    /// The span must come from a [`Scanner`](super::Scanner), which has checked the escapes.
    pub fn unescape_into(self, text: &[u8], target: &mut Vec<u8>) {
        super::escape::unescape_into(self.of(text), target);
    }
}

/// Checks that `text` is UTF-8 without a NUL byte.
///
/// # Errors
/// `truncated` at the end of the text when its last character is incomplete, otherwise `encoding` at
/// the first bad byte.
pub fn check_text(text: &[u8]) -> Result<(), Fault> {
    match core::str::from_utf8(text) {
        Err(error) if error.error_len().is_none() => {
            Err(Fault::new(IssueCode::Truncated, text.len()))
        }
        Err(error) => Err(Fault::new(IssueCode::Encoding, error.valid_up_to())),
        Ok(_) => match text.iter().position(|byte| *byte == 0) {
            Some(offset) => Err(Fault::new(IssueCode::Encoding, offset)),
            None => Ok(()),
        },
    }
}

/// Returns whether `byte` may stand between tokens.
#[must_use]
pub const fn is_whitespace(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Returns `text` without JSON whitespace at either end.
#[must_use]
pub fn trim_whitespace(text: &[u8]) -> &[u8] {
    let start = text.iter().take_while(|byte| is_whitespace(**byte)).count();
    let rest = text.get(start..).unwrap_or_default();
    let end = rest
        .iter()
        .rev()
        .take_while(|byte| is_whitespace(**byte))
        .count();
    rest.get(..rest.len() - end).unwrap_or_default()
}
