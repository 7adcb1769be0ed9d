//! Ids known to be missing.

/// Disjoint ranges of ids, both ends included, ascending.
#[derive(Clone, Debug, Default)]
pub(super) struct Gaps {
    ranges: Vec<(u64, u64)>,
}

impl Gaps {
    pub(super) fn ranges(&self) -> &[(u64, u64)] {
        &self.ranges
    }

    /// Adds a range that overlaps none of those there.
    pub(super) fn open(&mut self, first: u64, last: u64) {
        let at = self.ranges.partition_point(|range| range.0 < first);
        self.ranges.insert(at, (first, last));
    }

    /// Takes `id` out; returns whether it was there.
    pub(super) fn fill(&mut self, id: u64) -> bool {
        let Some(at) = self.position(id) else {
            return false;
        };
        let Some(range) = self.ranges.get_mut(at) else {
            return false;
        };
        match *range {
            (first, last) if first == last => {
                self.ranges.remove(at);
            }
            (first, last) if id == first => *range = (first + 1, last),
            (first, last) if id == last => *range = (first, last - 1),
            (first, last) => {
                *range = (first, id - 1);
                self.ranges.insert(at + 1, (id + 1, last));
            }
        }
        true
    }

    pub(super) fn take(&mut self) -> Vec<(u64, u64)> {
        core::mem::take(&mut self.ranges)
    }

    fn position(&self, id: u64) -> Option<usize> {
        let at = self.ranges.partition_point(|range| range.1 < id);
        self.ranges
            .get(at)
            .filter(|range| range.0 <= id)
            .map(|_| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filling_splits_and_ends_ranges() {
        let mut gaps = Gaps::default();
        gaps.open(10, 14);
        gaps.open(2, 2);
        assert!(gaps.fill(12) && gaps.fill(10) && gaps.fill(14) && gaps.fill(2));
        assert_eq!(gaps.ranges(), [(11, 11), (13, 13)]);
        assert!(!gaps.fill(12) && !gaps.fill(2));
    }
}
