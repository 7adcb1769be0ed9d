//! The price levels of one side.
//!
//! A quantity lies where its price says: pages of neighbouring prices, blocks of neighbouring pages,
//! and a short sorted list of the blocks. To set, change or remove a level is the same write, without
//! a search and without a move; only a price with no page yet needs more. Zero is no level, so a page
//! may come to hold nothing: such pages go when there are as many as others.

use super::sides::Units;

/// Binary digits of a key that choose the place in a page.
const PAGE_BITS: u32 = 5;
const PAGE: usize = 1 << PAGE_BITS;
/// Binary digits that choose the page in a block.
const BLOCK_BITS: u32 = 6;
const BLOCK: usize = 1 << BLOCK_BITS;
const KEYS: u32 = PAGE_BITS + BLOCK_BITS;
/// Blocks that are found without a search, when no two of them fall on the same place.
const NEAR: usize = 256;
/// Fewer pages are not worth a look for empty ones.
const FEW_PAGES: usize = 256;

/// Price and quantity in units of a common scale; the price is negated for asks, so that the best
/// level always has the highest key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rung<U> {
    pub(super) key: U,
    pub(super) quantity: U,
}

/// Pages of neighbouring prices by their number; 0 is none.
#[derive(Clone, Debug)]
struct Block<U> {
    id: U,
    /// A binary digit for every place in `pages` that is not 0.
    there: u64,
    pages: [u32; BLOCK],
}

/// Levels of one side.
#[derive(Clone, Debug)]
pub(super) struct Ladder<U> {
    /// Quantities. The first one is not used.
    pages: Vec<[U; PAGE]>,
    blocks: Vec<Block<U>>,
    /// Id and number of every block, the highest id first.
    order: Vec<(U, u32)>,
    /// Number of the block last found, by the lowest digits of its id. Only a hint.
    near: [u32; NEAR],
    best: Option<U>,
    /// Pages at which the empty ones are looked for.
    most_pages: usize,
    /// Numbers of pages and blocks that are in no block and in no order.
    free_pages: Vec<u32>,
    free_blocks: Vec<u32>,
}

impl<U: Units> Default for Ladder<U> {
    fn default() -> Self {
        Self {
            pages: vec![[U::default(); PAGE]],
            blocks: Vec::new(),
            order: Vec::new(),
            near: [0; NEAR],
            best: None,
            most_pages: FEW_PAGES,
            free_pages: Vec::new(),
            free_blocks: Vec::new(),
        }
    }
}

impl<U: Units> Ladder<U> {
    pub(super) fn clear(&mut self) {
        self.pages.truncate(1);
        self.blocks.clear();
        self.order.clear();
        self.free_pages.clear();
        self.free_blocks.clear();
        self.best = None;
    }

    /// Returns the key of the best level.
    #[inline]
    pub(super) fn best(&self) -> Option<U> {
        self.best
    }

    /// Returns the key of the worst level.
    pub(super) fn worst(&self) -> Option<U> {
        self.iter().last().map(|rung| rung.key)
    }

    pub(super) fn len(&self) -> usize {
        self.iter().count()
    }

    /// Iterates from the best level to the worst.
    pub(super) fn iter(&self) -> impl Iterator<Item = Rung<U>> {
        self.best.into_iter().flat_map(|best| self.down_from(best))
    }

    /// Sets the quantity at a key; zero removes the level.
    #[inline]
    pub(super) fn set(&mut self, rung: Rung<U>) {
        if !self.write(rung) {
            self.settle(rung);
        }
        if self.best.is_none_or(|best| rung.key >= best) {
            self.move_best(rung);
        }
    }

    /// Converts every level; `None` when one does not convert.
    pub(super) fn convert<V: Units>(
        &self,
        to: impl Fn(Rung<U>) -> Option<Rung<V>>,
    ) -> Option<Ladder<V>> {
        let mut ladder = Ladder::default();
        for rung in self.iter() {
            ladder.set(to(rung)?);
        }
        Some(ladder)
    }

    /// Writes a quantity to its place; returns whether it has one that was found at once.
    #[inline]
    fn write(&mut self, rung: Rung<U>) -> bool {
        let (id, place) = rung.key.split(KEYS);
        let Some(block) = self.near_block(id) else {
            return false;
        };
        let number = block.pages.get(place >> PAGE_BITS).copied();
        let number = index(number.unwrap_or_default());
        if number == 0 {
            return false;
        }
        let page = self.pages.get_mut(number);
        if let Some(quantity) = page.and_then(|page| page.get_mut(place % PAGE)) {
            *quantity = rung.quantity;
        }
        true
    }

    /// Returns a block, if it is the one last found for the lowest digits of its id.
    #[inline]
    fn near_block(&self, id: U) -> Option<&Block<U>> {
        let number = self.near.get(id.split(NEAR.ilog2()).1)?;
        let block = self.blocks.get(index(*number));
        block.filter(|block| block.id == id)
    }

    /// Finds or makes the place of a quantity.
    #[cold]
    fn settle(&mut self, rung: Rung<U>) {
        let is_removed = rung.quantity == U::default();
        let (id, place) = rung.key.split(KEYS);
        if is_removed && self.near_block(id).is_some() {
            // No page: the level was not there.
            return;
        }
        let at = self.order.partition_point(|block| block.0 > id);
        let number = match self.order.get(at) {
            Some(block) if block.0 == id => block.1,
            _ if is_removed => return,
            _ => self.add_block(at, id),
        };
        if let Some(near) = self.near.get_mut(id.split(NEAR.ilog2()).1) {
            *near = number;
        }
        if let Some(block) = self.blocks.get_mut(index(number))
            && let Some(page) = block.pages.get_mut(place >> PAGE_BITS)
            && *page == 0
            && !is_removed
        {
            block.there |= 1 << (place >> PAGE_BITS);
            *page = self.free_pages.pop().unwrap_or_else(|| {
                self.pages.push([U::default(); PAGE]);
                number_of(self.pages.len().wrapping_sub(1))
            });
        }
        self.write(rung);
        if self.free_pages.is_empty() && self.pages.len() >= self.most_pages {
            self.tidy();
        }
    }

    fn add_block(&mut self, at: usize, id: U) -> u32 {
        let block = Block {
            id,
            there: 0,
            pages: [0; BLOCK],
        };
        let number = self.free_blocks.pop().unwrap_or_else(|| {
            self.blocks.push(block.clone());
            number_of(self.blocks.len().wrapping_sub(1))
        });
        if let Some(free) = self.blocks.get_mut(index(number)) {
            *free = block;
        }
        self.order.insert(at, (id, number));
        number
    }

    /// Takes back the pages that hold nothing, and the blocks without a page.
    fn tidy(&mut self) {
        self.order.retain(|(_, number)| {
            let Some(block) = self.blocks.get_mut(index(*number)) else {
                return false;
            };
            for at in digits_down(block.there) {
                let Some(page) = block.pages.get_mut(at) else {
                    continue;
                };
                if self.pages.get(index(*page)) == Some(&[U::default(); PAGE]) {
                    block.there ^= 1 << at;
                    self.free_pages.push(core::mem::take(page));
                }
            }
            let is_kept = block.there != 0;
            if !is_kept {
                block.id = U::NO_ID;
                self.free_blocks.push(*number);
            }
            is_kept
        });
        let in_use = self.pages.len().saturating_sub(self.free_pages.len());
        self.most_pages = FEW_PAGES.max(in_use.saturating_mul(2));
    }

    /// Takes account of a change at the best level, or above it.
    #[inline(never)]
    fn move_best(&mut self, rung: Rung<U>) {
        if rung.quantity != U::default() {
            self.best = Some(rung.key);
        } else if self.best == Some(rung.key) {
            let next = self.down_from(rung.key).next();
            self.best = next.map(|rung| rung.key);
        }
    }

    /// Iterates over the levels from a key down.
    fn down_from(&self, key: U) -> impl Iterator<Item = Rung<U>> {
        let (id, place) = key.split(KEYS);
        let at = self.order.partition_point(|block| block.0 > id);
        let blocks = self.order.get(at..).unwrap_or_default().iter();
        let blocks = blocks.filter_map(|(_, number)| self.blocks.get(index(*number)));
        blocks.flat_map(move |block| {
            let last = if block.id == id {
                place
            } else {
                PAGE * BLOCK - 1
            };
            self.block_down_from(block, last)
        })
    }

    fn block_down_from<'a>(
        &'a self,
        block: &'a Block<U>,
        last: usize,
    ) -> impl Iterator<Item = Rung<U>> + 'a {
        let (id, pages) = (block.id, &block.pages);
        let from_last = block.there & (u64::MAX >> (BLOCK - 1 - (last >> PAGE_BITS)));
        digits_down(from_last).flat_map(move |at| {
            let first = at << PAGE_BITS;
            let count = PAGE.min(last.wrapping_sub(first).wrapping_add(1));
            let page = pages.get(at).and_then(|page| self.pages.get(index(*page)));
            let quantities = page.and_then(|page| page.get(..count));
            let quantities = quantities.unwrap_or_default().iter().enumerate().rev();
            let there = quantities.filter(|(_, quantity)| **quantity != U::default());
            there.map(move |(place, quantity)| Rung {
                key: id.joined(KEYS, first | place),
                quantity: *quantity,
            })
        })
    }
}

/// Iterates over the places of the ones in a binary number, the highest first.
fn digits_down(mut number: u64) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let highest = number.checked_ilog2()?;
        number ^= 1 << highest;
        usize::try_from(highest).ok()
    })
}

/// Returns a number as an index; one that does not fit finds nothing.
#[inline]
fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Returns the number of what lies at an index: there is no memory for more than 32 bits count.
fn number_of(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
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
            // The last step puts every block at the same place among the near ones.
            step in prop_oneof![Just(1_i64), Just(7), Just(1 << 10), Just(1 << 18)],
            changes in prop_oneof![Just(3_i64), Just(400), Just(5_000)].prop_flat_map(|keys| {
                proptest::collection::vec((-keys..keys, 0_i64..3), 0..2_000)
            })
        ) {
            let (mut ladder, mut map) = (Ladder::default(), BTreeMap::new());
            for (key, quantity) in changes {
                let key = key * step;
                ladder.set(Rung { key, quantity });
                if quantity == 0 { map.remove(&key); } else { map.insert(key, quantity); }
                prop_assert_eq!(ladder.best(), map.keys().next_back().copied());
            }
            let pairs: Vec<_> = ladder.iter().map(|rung| (rung.key, rung.quantity)).collect();
            prop_assert_eq!(ladder.len(), map.len());
            prop_assert_eq!(ladder.worst(), map.keys().next().copied());
            prop_assert_eq!(pairs, map.into_iter().rev().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_market_that_wanders_leaves_no_pages_behind() {
        let mut ladder = Ladder::default();
        for key in 0..1_000_000_i64 {
            ladder.set(Rung { key, quantity: 1 });
            ladder.set(Rung {
                key: key - 1_000,
                quantity: 0,
            });
        }
        assert_eq!(ladder.len(), 1_000);
        assert!(ladder.pages.len() <= FEW_PAGES && ladder.blocks.len() <= FEW_PAGES);
    }
}
