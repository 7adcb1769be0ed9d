//! Stage 5, receive time: exchange time never stands in for it.

use crate::model::{IssueCode, IssueSet, UnixNanos};

/// Remarks that nobody recorded when the frame was received.
#[inline]
pub(super) fn check(received: Option<UnixNanos>, issues: &mut IssueSet) {
    if received.is_none() {
        issues.insert(IssueCode::NoReceiveTime);
    }
}
