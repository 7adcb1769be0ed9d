//! The price levels of one side.

/// Price and quantity in units of a common scale; the price is negated for asks, so that the best
/// level always has the highest key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rung<U> {
    pub(super) key: U,
    pub(super) quantity: U,
}

/// Levels of one side, ascending by key: the best one, where most changes are, is the last.
#[derive(Clone, Debug, Default)]
pub(super) struct Ladder<U> {
    rungs: Vec<Rung<U>>,
}

impl<U: Copy + Ord + Default> Ladder<U> {
    pub(super) fn clear(&mut self) {
        self.rungs.clear();
    }

    pub(super) fn best(&self) -> Option<Rung<U>> {
        self.rungs.last().copied()
    }

    pub(super) fn worst(&self) -> Option<Rung<U>> {
        self.rungs.first().copied()
    }

    pub(super) fn len(&self) -> usize {
        self.rungs.len()
    }

    /// Iterates from the best level to the worst.
    pub(super) fn iter(&self) -> core::iter::Rev<core::slice::Iter<'_, Rung<U>>> {
        self.rungs.iter().rev()
    }

    /// Sets the quantity at a key; zero removes the level.
    #[inline]
    pub(super) fn set(&mut self, rung: Rung<U>) {
        let at = self.rungs.partition_point(|known| known.key < rung.key);
        let is_removed = rung.quantity == U::default();
        match self.rungs.get_mut(at) {
            Some(known) if known.key == rung.key && is_removed => {
                self.rungs.remove(at);
            }
            Some(known) if known.key == rung.key => *known = rung,
            _ if is_removed => {}
            _ => self.rungs.insert(at, rung),
        }
    }

    /// Converts every level; `None` when one does not convert.
    pub(super) fn convert<V>(&self, to: impl Fn(Rung<U>) -> Option<Rung<V>>) -> Option<Ladder<V>> {
        let rungs = self
            .rungs
            .iter()
            .map(|rung| to(*rung))
            .collect::<Option<_>>()?;
        Some(Ladder { rungs })
    }
}
