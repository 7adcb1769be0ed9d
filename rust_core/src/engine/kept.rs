//! Which records carry the bytes of their frame.

use super::setup::KeepRaw;
use crate::model::IssueSet;
use crate::wire::MAX_RAW;

/// Most bytes that the elements of one list carry together: without it a list of n elements would
/// leave as n copies of itself.
pub(super) const MOST_BYTES_OF_A_LIST: usize = 1_000_000;

/// Gives records the bytes of their frame, and no more of a list than it may.
#[derive(Debug)]
pub(super) struct Kept {
    policy: KeepRaw,
    left: usize,
}

impl Kept {
    pub(super) const fn new(policy: KeepRaw) -> Self {
        Self {
            policy,
            left: usize::MAX,
        }
    }

    /// Begins a frame of so many elements.
    #[inline]
    pub(super) const fn begin(&mut self, elements: usize) {
        self.left = if elements > 1 {
            MOST_BYTES_OF_A_LIST
        } else {
            usize::MAX
        };
    }

    /// Returns the bytes that an event with these issues carries.
    #[inline]
    pub(super) fn of_event<'a>(&mut self, issues: IssueSet, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let is_kept = self.policy == KeepRaw::All || !issues.is_empty();
        if is_kept { self.take(bytes) } else { None }
    }

    /// Returns the bytes that a quarantine record carries.
    pub(super) fn of_record<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        self.take(bytes).unwrap_or_default()
    }

    fn take<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let kept = bytes.get(..MAX_RAW).unwrap_or(bytes);
        self.left = self.left.checked_sub(kept.len())?;
        Some(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IssueCode;

    #[test]
    fn the_elements_of_a_list_carry_a_bounded_number_of_bytes_and_one_message_all_of_its_own() {
        let (frame, mut kept) = (vec![b'x'; 300_000], Kept::new(KeepRaw::Imperfect));
        let mut issues = IssueSet::EMPTY;
        assert_eq!(kept.of_event(issues, &frame), None);
        issues.insert(IssueCode::NoReceiveTime);
        kept.begin(1_000);
        let lengths = (0..1_000).map(|_| kept.of_event(issues, &frame).map_or(0, <[u8]>::len));
        assert_eq!(lengths.sum::<usize>(), MOST_BYTES_OF_A_LIST);
        assert!(kept.of_record(&frame).is_empty());
        kept.begin(1);
        for _ in 0..10 {
            assert_eq!(kept.of_record(&frame).len(), MAX_RAW);
        }
    }
}
