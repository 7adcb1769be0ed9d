//! Ids known to be missing.

use crate::model::forget_oldest;

/// Disjoint ranges of ids, both ends included, ascending.
#[derive(Clone, Debug, Default)]
pub(super) struct Gaps {
    ranges: Vec<(u64, u64)>,
    forgotten: u64,
}

impl Gaps {
    pub(super) fn ranges(&self) -> &[(u64, u64)] {
        &self.ranges
    }

    /// Adds a range that overlaps none of those there.
    pub(super) fn open(&mut self, first: u64, last: u64) {
        let at = self.ranges.partition_point(|range| range.0 < first);
        self.ranges.insert(at, (first, last));
        self.forgotten += forget_oldest(&mut self.ranges);
    }

    /// Takes all ranges out and puts them behind those of `lost`.
    pub(super) fn give_up(&mut self, lost: &mut Vec<(u64, u64)>) {
        lost.append(&mut self.ranges);
        self.forgotten += forget_oldest(lost);
    }

    /// Returns how many ranges were forgotten, the oldest ones, because there were too many.
    pub(super) const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Takes those of the ids `first` to `last` out that are missing in the range of `last`; returns
    /// them, or `None` when `last` is not missing.
    pub(super) fn fill(&mut self, first: u64, last: u64) -> Option<(u64, u64)> {
        let at = self.position(last)?;
        let range = self.ranges.get_mut(at)?;
        let (from, to) = *range;
        let first = first.clamp(from, last);
        match (first == from, last == to) {
            (true, true) => {
                self.ranges.remove(at);
            }
            (true, false) => *range = (last + 1, to),
            (false, true) => *range = (from, first - 1),
            (false, false) => {
                *range = (from, first - 1);
                self.ranges.insert(at + 1, (last + 1, to));
            }
        }
        Some((first, last))
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
        for id in [12, 10, 14, 2] {
            assert_eq!(gaps.fill(id, id), Some((id, id)));
        }
        assert_eq!(gaps.ranges(), [(11, 11), (13, 13)]);
        assert_eq!((gaps.fill(12, 12), gaps.fill(2, 2)), (None, None));
    }

    #[test]
    fn an_event_of_several_ids_fills_those_of_them_that_are_missing() {
        let mut gaps = Gaps::default();
        gaps.open(10, 20);
        assert_eq!(gaps.fill(13, 15), Some((13, 15)));
        assert_eq!(gaps.fill(5, 11), Some((10, 11)));
        assert_eq!(gaps.ranges(), [(12, 12), (16, 20)]);
        assert_eq!(gaps.fill(14, 20), Some((16, 20)));
        assert_eq!(gaps.ranges(), [(12, 12)]);
    }
}
