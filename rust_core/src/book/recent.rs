//! The latest messages of a stream, to know them again.

const KEPT: usize = 1_024;

/// Hashes of the last 1,024 messages.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    hashes: Vec<u64>,
    next: usize,
}

impl Recent {
    #[inline]
    pub(super) fn put(&mut self, hash: u64) {
        match self.hashes.get_mut(self.next) {
            Some(slot) => *slot = hash,
            None => self.hashes.push(hash),
        }
        self.next = self.next.wrapping_add(1) % KEPT;
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
    fn the_last_1024_are_known() {
        let mut recent = Recent::default();
        assert!(!recent.has(0));
        for hash in 0..3_000 {
            recent.put(hash);
            assert!(recent.has(hash));
        }
        assert!(recent.has(1_976) && !recent.has(1_975) && !recent.has(3_000));
    }
}
