//! Enum numbers as text. A number of a newer version is shown as it is.

use std::borrow::Cow;

use crate::model::IssueCode;

pub(super) const QUALITIES: [&str; 5] = [
    "unspecified",
    "perfect",
    "repaired",
    "suspicious",
    "discarded",
];
pub(super) const COVERAGE_KINDS: [&str; 10] = [
    "unspecified",
    "session_start",
    "gap_opened",
    "gap_filled",
    "sequence_reset",
    "session_end",
    "connection_lost",
    "connection_restored",
    "book_unsynced",
    "book_synced",
];
pub(super) const PROOF_LEVELS: [&str; 5] = [
    "unspecified",
    "proven_complete",
    "proven_gap",
    "unverifiable",
    "inferred",
];
pub(super) const BOOK_ACTIONS: [&str; 3] = ["unspecified", "snapshot", "delta"];
pub(super) const BOOK_ORIGINS: [&str; 4] = ["unspecified", "wire", "rest", "book"];
/// A side that is not specified is null, which the empty text stands for.
pub(super) const SIDES: [&str; 3] = ["", "buy", "sell"];

pub(super) fn issue_name(number: i32) -> Cow<'static, str> {
    match u32::try_from(number).ok().and_then(IssueCode::from_number) {
        Some(code) => Cow::Borrowed(code.name()),
        None => name(number, &["unspecified"]),
    }
}

/// Returns the name that stands at this number, or the number.
pub(super) fn name(number: i32, names: &[&'static str]) -> Cow<'static, str> {
    let known = usize::try_from(number)
        .ok()
        .and_then(|index| names.get(index));
    known.map_or_else(
        || Cow::Owned(number.to_string()),
        |name| Cow::Borrowed(*name),
    )
}
