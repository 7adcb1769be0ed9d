//! The latest keys of a stream, first in, first out.

/// Keys that are remembered of funding states and forced orders.
pub(super) const FEW: usize = 512;
/// Keys that are remembered of trades. One frame of Bybit has up to 1,024, and what the slower of two
/// lines sends must still be known.
pub(super) const MANY: usize = 4_096;
const SMALLEST_TABLE: usize = 32;

/// Which of the latest keys were seen, and 64 bits of what came with each. Exact: a key is found if
/// and only if it is one of those put in last, as many as the limit says.
///
/// It grows with what it holds, so that a quiet stream costs little.
#[derive(Clone, Debug)]
pub(super) struct Window {
    /// Most keys: [`FEW`] or [`MANY`].
    limit: usize,
    /// Keys and contents; once full, the oldest is at `oldest`.
    entries: Vec<(u64, u64)>,
    oldest: usize,
    /// Place in `entries` plus 1, found by linear probing; 0 is free. A power of two, at most half full.
    table: Vec<u16>,
}

impl Window {
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            limit,
            entries: Vec::new(),
            oldest: 0,
            table: Vec::new(),
        }
    }

    /// Returns what came with `key`.
    #[inline]
    pub(super) fn get(&self, key: u64) -> Option<u64> {
        if self.table.is_empty() {
            return None;
        }
        let mut at = self.home(key);
        loop {
            let (known, content) = self.entry(*self.table.get(at)?)?;
            if known == key {
                return Some(content);
            }
            at = self.after(at);
        }
    }

    /// Puts in a key that is not there.
    #[inline]
    pub(super) fn put(&mut self, key: u64, content: u64) {
        if self.entries.len() < self.limit {
            if self.table.len() <= self.entries.len() * 2 {
                self.grow();
            }
            self.entries.push((key, content));
            return self.link(key, self.entries.len());
        }
        let at = self.oldest;
        self.oldest = if at + 1 < self.limit { at + 1 } else { 0 };
        if let Some((old, _)) = self.entries.get(at).copied() {
            self.unlink(old, at + 1);
        }
        if let Some(entry) = self.entries.get_mut(at) {
            *entry = (key, content);
        }
        self.link(key, at + 1);
    }

    fn entry(&self, place: u16) -> Option<(u64, u64)> {
        let at = usize::from(place).checked_sub(1)?;
        self.entries.get(at).copied()
    }

    #[cold]
    fn grow(&mut self) {
        let size = (self.table.len() * 2).max(SMALLEST_TABLE);
        self.table.clear();
        self.table.resize(size, 0);
        for place in 1..=self.entries.len() {
            if let Some((key, _)) = self.entries.get(place - 1).copied() {
                self.link(key, place);
            }
        }
    }

    fn home(&self, key: u64) -> usize {
        let mixed = (key ^ (key >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48;
        usize::try_from(mixed).unwrap_or_default() & self.table.len().wrapping_sub(1)
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) & self.table.len().wrapping_sub(1)
    }

    fn link(&mut self, key: u64, place: usize) {
        let mut at = self.home(key);
        while self.table.get(at).is_some_and(|place| *place != 0) {
            at = self.after(at);
        }
        if let Some(slot) = self.table.get_mut(at) {
            *slot = u16::try_from(place).unwrap_or_default();
        }
    }

    /// Frees the slot that names `place`, and moves up what was pushed behind it.
    fn unlink(&mut self, key: u64, place: usize) {
        let mut free = self.home(key);
        loop {
            match self.table.get(free) {
                Some(found) if usize::from(*found) == place => break,
                Some(found) if *found != 0 => free = self.after(free),
                _ => return,
            }
        }
        let mut at = free;
        loop {
            at = self.after(at);
            let place = self.table.get(at).copied().unwrap_or_default();
            let Some((key, _)) = self.entry(place) else {
                break;
            };
            let mask = self.table.len().wrapping_sub(1);
            let distance = at.wrapping_sub(self.home(key)) & mask;
            if distance >= at.wrapping_sub(free) & mask {
                if let Some(slot) = self.table.get_mut(free) {
                    *slot = place;
                }
                free = at;
            }
        }
        if let Some(slot) = self.table.get_mut(free) {
            *slot = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_knows_exactly_the_latest_keys(
            steps in proptest::collection::vec(prop_oneof![0_u64..900, any::<u64>().prop_map(|key| key << 40)], 0..3_000),
        ) {
            let (mut window, mut model) = (Window::new(FEW), VecDeque::new());
            for (step, key) in steps.into_iter().enumerate() {
                let known = model.iter().find(|(known, _)| *known == key).map(|(_, content)| *content);
                prop_assert_eq!(window.get(key), known);
                if known.is_none() {
                    if model.len() == FEW {
                        model.pop_front();
                    }
                    model.push_back((key, step as u64));
                    window.put(key, step as u64);
                }
            }
        }
    }

    #[test]
    fn it_grows_with_what_it_holds() {
        let mut window = Window::new(FEW);
        assert_eq!(window.get(0), None);
        window.put(0, 7);
        assert_eq!(
            (window.get(0), window.table.len()),
            (Some(7), SMALLEST_TABLE)
        );
        (1..2_000).for_each(|key| window.put(key, key));
        assert_eq!((window.entries.len(), window.table.len()), (FEW, 2 * FEW));
        let mut window = Window::new(MANY);
        (0..9_000).for_each(|key| window.put(key, key));
        assert_eq!((window.entries.len(), window.table.len()), (MANY, 2 * MANY));
        assert_eq!((window.get(4_903), window.get(4_904)), (None, Some(4_904)));
    }
}
