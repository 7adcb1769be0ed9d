//! The price levels of one side.
//!
//! Levels lie in short sorted runs, so that a new or removed level moves at most one run and not
//! the whole side, and the search is two short ones without branches. Changes come sorted from the
//! venues: the run of the change before is looked at first.

/// A run is cut in two when it is longer.
const LONGEST: usize = 64;
/// A run that shrinks below joins a neighbour that has room.
const SHORTEST: usize = 12;

/// Runs that a search walks over before it halves.
const FARTHEST: usize = 8;

/// Price and quantity in units of a common scale; the price is negated for asks, so that the best
/// level always has the highest key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rung<U> {
    pub(super) key: U,
    pub(super) quantity: U,
}

/// Levels of one side, ascending by key.
#[derive(Clone, Debug, Default)]
pub(super) struct Ladder<U> {
    /// No run is empty.
    runs: Vec<Vec<Rung<U>>>,
    /// Keys of run `n` are at least `bounds[n]`, and below `bounds[n + 1]`. The first run takes
    /// lower ones too.
    bounds: Vec<U>,
    /// Run of the latest change.
    latest: usize,
    /// Memory of runs that are gone.
    spare: Vec<Vec<Rung<U>>>,
}

impl<U: Copy + Ord + Default> Ladder<U> {
    pub(super) fn clear(&mut self) {
        self.bounds.clear();
        for mut run in self.runs.drain(..) {
            run.clear();
            self.spare.push(run);
        }
    }

    #[inline]
    pub(super) fn best(&self) -> Option<Rung<U>> {
        self.runs.last()?.last().copied()
    }

    pub(super) fn worst(&self) -> Option<Rung<U>> {
        self.runs.first()?.first().copied()
    }

    pub(super) fn len(&self) -> usize {
        self.runs.iter().map(Vec::len).sum()
    }

    /// Iterates from the best level to the worst.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Rung<U>> {
        self.runs.iter().rev().flat_map(|run| run.iter().rev())
    }

    /// Sets the quantity at a key; zero removes the level.
    #[inline]
    pub(super) fn set(&mut self, rung: Rung<U>) {
        let index = self.find_run(rung.key);
        let Some(run) = self.runs.get_mut(index) else {
            self.begin(rung);
            return;
        };
        let at = run.partition_point(|known| known.key < rung.key);
        let is_removed = rung.quantity == U::default();
        match run.get_mut(at) {
            Some(known) if known.key == rung.key => {
                if is_removed {
                    run.remove(at);
                    if run.len() < SHORTEST {
                        self.join(index);
                    }
                } else {
                    known.quantity = rung.quantity;
                }
            }
            _ if is_removed => {}
            _ => {
                run.insert(at, rung);
                if run.len() > LONGEST {
                    self.cut(index);
                }
            }
        }
    }

    /// Converts every level; `None` when one does not convert.
    pub(super) fn convert<V>(&self, to: impl Fn(Rung<U>) -> Option<Rung<V>>) -> Option<Ladder<V>>
    where
        V: Copy + Ord + Default,
    {
        let mut ladder = Ladder::default();
        for rung in self.runs.iter().flatten() {
            ladder.set(to(*rung)?);
        }
        Some(ladder)
    }

    /// Walks from the run of the latest change: the next change of a message is not far.
    #[inline]
    fn find_run(&mut self, key: U) -> usize {
        let mut at = self.latest;
        for _ in 0..FARTHEST {
            let next = self.bounds.get(at.wrapping_add(1));
            if next.is_some_and(|bound| key >= *bound) {
                at = at.wrapping_add(1);
            } else if at > 0 && self.bounds.get(at).is_some_and(|bound| key < *bound) {
                at = at.wrapping_sub(1);
            } else {
                self.latest = at;
                return at;
            }
        }
        let after = self.bounds.partition_point(|bound| *bound <= key);
        self.latest = after.saturating_sub(1);
        self.latest
    }

    #[cold]
    fn begin(&mut self, rung: Rung<U>) {
        if rung.quantity == U::default() {
            return;
        }
        // The run of the latest change may be gone; another one can still hold this key.
        if !self.runs.is_empty() {
            self.latest = self.runs.len().wrapping_sub(1);
            self.set(rung);
            return;
        }
        let mut run = self
            .spare
            .pop()
            .unwrap_or_else(|| Vec::with_capacity(LONGEST + 1));
        run.push(rung);
        self.runs.push(run);
        self.bounds.push(rung.key);
        self.latest = 0;
    }

    #[cold]
    fn cut(&mut self, index: usize) {
        let mut upper = self
            .spare
            .pop()
            .unwrap_or_else(|| Vec::with_capacity(LONGEST + 1));
        if let Some(run) = self.runs.get_mut(index) {
            upper.extend(run.drain(LONGEST / 2..));
        }
        if let Some(first) = upper.first() {
            self.bounds.insert(index.wrapping_add(1), first.key);
            self.runs.insert(index.wrapping_add(1), upper);
        }
    }

    /// Moves a short run into the one below it, or into it the one above, if there is room.
    #[cold]
    fn join(&mut self, index: usize) {
        // A run that does not exist has no room.
        let length = |index: usize| self.runs.get(index).map_or(LONGEST + 1, Vec::len);
        let lower = match index.checked_sub(1) {
            Some(below) if length(below) + length(index) <= LONGEST => below,
            _ if length(index) + length(index.wrapping_add(1)) <= LONGEST => index,
            _ if length(index) == 0 => return self.drop_run(index),
            _ => return,
        };
        let mut upper = self.runs.remove(lower.wrapping_add(1));
        self.bounds.remove(lower.wrapping_add(1));
        if let Some(run) = self.runs.get_mut(lower) {
            run.append(&mut upper);
        }
        self.spare.push(upper);
        self.latest = lower;
    }

    fn drop_run(&mut self, index: usize) {
        self.bounds.remove(index);
        let run = self.runs.remove(index);
        self.spare.push(run);
        self.latest = index.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_ladder_is_a_sorted_map(
            changes in prop_oneof![Just(3_i64), Just(400)].prop_flat_map(|keys| {
                proptest::collection::vec((0..keys, 0_i64..3), 0..2_000)
            })
        ) {
            let (mut ladder, mut map) = (Ladder::default(), BTreeMap::new());
            for (key, quantity) in changes {
                ladder.set(Rung { key, quantity });
                if quantity == 0 { map.remove(&key); } else { map.insert(key, quantity); }
                prop_assert_eq!(ladder.best().map(|rung| rung.key), map.keys().next_back().copied());
            }
            let pairs: Vec<_> = ladder.iter().map(|rung| (rung.key, rung.quantity)).collect();
            prop_assert_eq!(ladder.len(), map.len());
            prop_assert_eq!(ladder.worst().map(|rung| rung.key), map.keys().next().copied());
            prop_assert_eq!(pairs, map.into_iter().rev().collect::<Vec<_>>());
        }
    }
}
