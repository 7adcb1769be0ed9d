//! The latest messages of a stream, to know them again.

/// Messages of a stream of deltas: their ids prove that they were seen, too.
pub(super) const OF_DELTAS: usize = 1_024;
/// Messages of a stream of whole books, of which an id that is not the latest proves nothing.
pub(super) const OF_WHOLE_BOOKS: usize = 4_096;

/// Hashes of the latest messages.
#[derive(Clone, Debug)]
pub(super) struct Recent {
    limit: usize,
    hashes: Vec<u64>,
    next: usize,
}

impl Recent {
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            limit,
            hashes: Vec::new(),
            next: 0,
        }
    }

    #[inline]
    pub(super) fn put(&mut self, hash: u64) {
        match self.hashes.get_mut(self.next) {
            Some(slot) => *slot = hash,
            None => self.hashes.push(hash),
        }
        let next = self.next.wrapping_add(1);
        self.next = if next < self.limit { next } else { 0 };
    }

    /// Returns whether the message is known; the latest ones are looked at first.
    pub(super) fn has(&self, hash: u64) -> bool {
        let (newer, older) = self.hashes.split_at_checked(self.next).unwrap_or_default();
        let known = |slots: &[u64]| slots.iter().rev().any(|slot| *slot == hash);
        known(newer) || known(older)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_known() {
        let mut recent = Recent::new(OF_DELTAS);
        assert!(!recent.has(0));
        for hash in 0..3_000 {
            recent.put(hash);
            assert!(recent.has(hash));
        }
        assert!(recent.has(1_976) && !recent.has(1_975) && !recent.has(3_000));
    }
}
