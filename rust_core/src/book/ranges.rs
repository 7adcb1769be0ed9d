//! Update ids known to be missing.

use crate::model::forget_oldest;

/// Disjoint ranges of ids, both ends included, ascending.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranges {
    ranges: Vec<(i64, i64)>,
    forgotten: u64,
}

impl Ranges {
    pub(super) fn as_slice(&self) -> &[(i64, i64)] {
        &self.ranges
    }

    /// Adds a range that overlaps none of those there.
    pub(super) fn open(&mut self, first: i64, last: i64) {
        let at = self.ranges.partition_point(|range| range.0 < first);
        self.ranges.insert(at, (first, last));
        self.forgotten += forget_oldest(&mut self.ranges);
    }

    /// Takes all ranges out and puts them behind those of `lost`.
    pub(super) fn give_up(&mut self, lost: &mut Vec<(i64, i64)>) {
        lost.append(&mut self.ranges);
        self.forgotten += forget_oldest(lost);
    }

    /// Returns how many ranges were forgotten, the oldest ones, because there were too many.
    pub(super) const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Takes the ids from `first` to `last` out; each run of ids that was there goes to `filled`.
    pub(super) fn fill(&mut self, first: i64, last: i64, filled: &mut Vec<(i64, i64)>) {
        let start = self.ranges.partition_point(|range| range.1 < first);
        let touched = self.ranges.get(start..).unwrap_or_default();
        let end = start + touched.partition_point(|range| range.0 <= last);
        let mut kept = Vec::new();
        for (from, to) in self.ranges.drain(start..end) {
            filled.push((from.max(first), to.min(last)));
            kept.extend((from < first).then(|| (from, first.saturating_sub(1))));
            kept.extend((to > last).then(|| (last.saturating_add(1), to)));
        }
        self.ranges.splice(start..start, kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(ranges: &mut Ranges, first: i64, last: i64) -> Vec<(i64, i64)> {
        let mut filled = Vec::new();
        ranges.fill(first, last, &mut filled);
        filled
    }

    #[test]
    fn filling_cuts_shortens_and_ends_ranges() {
        let mut gaps = Ranges::default();
        gaps.open(10, 20);
        gaps.open(2, 4);
        gaps.open(30, 30);
        assert_eq!(filled(&mut gaps, 12, 13), [(12, 13)]);
        assert_eq!(gaps.as_slice(), [(2, 4), (10, 11), (14, 20), (30, 30)]);
        assert_eq!(filled(&mut gaps, 4, 15), [(4, 4), (10, 11), (14, 15)]);
        assert_eq!(gaps.as_slice(), [(2, 3), (16, 20), (30, 30)]);
        assert_eq!(filled(&mut gaps, 21, 29), []);
        assert_eq!(filled(&mut gaps, 1, 99), [(2, 3), (16, 20), (30, 30)]);
        assert!(gaps.as_slice().is_empty());
    }
}
