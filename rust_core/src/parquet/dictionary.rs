//! Distinct values and their numbers.

use std::collections::HashMap;

use xxhash_rust::xxh3::Xxh3DefaultBuilder;

use super::places::Places;

/// So many decimals are looked at before it is decided whether a dictionary is worth while.
const DECIMALS_SAMPLE: usize = 32_768;
/// So many texts: what differs between them is nearly as short.
const TEXTS_SAMPLE: usize = 1024;

/// Values by first appearance, and the number of each value.
#[derive(Debug)]
pub(super) struct Numbered<T> {
    pub(super) distinct: Vec<T>,
    pub(super) keys: Vec<u32>,
}

/// Numbers decimals, unless nearly each is another one.
pub(super) fn of_decimals(values: &[i128], places: &Places<'_>) -> Option<Numbered<i128>> {
    let mut table = Table::new();
    let mut keys = Vec::with_capacity(places.len());
    let (sample, others) = places.split(DECIMALS_SAMPLE);
    sample.each(values, |value| keys.push(table.key_of(value)));
    if others.len() > 0 && table.distinct.len() > DECIMALS_SAMPLE / 4 * 3 {
        return None;
    }
    others.each(values, |value| keys.push(table.key_of(value)));
    let distinct = table.distinct;
    Some(Numbered { distinct, keys })
}

/// Numbers texts, unless many are different.
pub(super) fn of_texts<'a>(
    text_at: impl Fn(usize) -> &'a [u8],
    places: &Places<'_>,
) -> Option<Numbered<&'a [u8]>> {
    let mut known: HashMap<&[u8], u32, Xxh3DefaultBuilder> = HashMap::default();
    let mut distinct: Vec<&[u8]> = Vec::new();
    let mut keys = Vec::with_capacity(places.len());
    let mut before: (&[u8], u32) = (&[], u32::MAX);
    let (sample, others) = places.split(TEXTS_SAMPLE);
    for part in [sample, others] {
        if !keys.is_empty() && part.len() > 0 && distinct.len() > TEXTS_SAMPLE / 4 {
            return None;
        }
        part.rows(|row| {
            let text = text_at(row);
            if before.1 == u32::MAX || before.0 != text {
                let key = *known.entry(text).or_insert_with(|| {
                    distinct.push(text);
                    number(distinct.len() - 1)
                });
                before = (text, key);
            }
            keys.push(before.1);
        });
    }
    Some(Numbered { distinct, keys })
}

/// A hash table of decimals with open addressing: a look-up is some nanoseconds.
struct Table {
    distinct: Vec<i128>,
    /// Key of a value and one, 0 where there is none; a power of two of them, half full at most.
    slots: Vec<u32>,
    shift: u32,
}

impl Table {
    fn new() -> Self {
        Self {
            distinct: Vec::new(),
            slots: vec![0; 4096],
            shift: 64 - 12,
        }
    }

    #[inline(always)]
    fn key_of(&mut self, value: i128) -> u32 {
        let mut slot = self.first_slot(value);
        while let Some(found @ 1..) = self.slots.get(slot).copied() {
            if self.distinct.get(found as usize - 1) == Some(&value) {
                return found - 1;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.insert(slot, value)
    }

    fn insert(&mut self, slot: usize, value: i128) -> u32 {
        self.distinct.push(value);
        let key = number(self.distinct.len());
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = key;
        }
        if self.distinct.len() * 2 > self.slots.len() {
            self.grow();
        }
        key - 1
    }

    fn grow(&mut self) {
        self.shift -= 2;
        let slots = vec![0; self.slots.len() * 4];
        let last = slots.len() - 1;
        self.slots = slots;
        for (key, value) in (1..).zip(&self.distinct) {
            let mut slot = self.first_slot(*value);
            while self.slots.get(slot).is_some_and(|found| *found > 0) {
                slot = (slot + 1) & last;
            }
            if let Some(slot) = self.slots.get_mut(slot) {
                *slot = key;
            }
        }
    }

    /// Multiplying spreads a value over the highest bits.
    #[inline(always)]
    fn first_slot(&self, value: i128) -> usize {
        const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
        let bytes = value.to_le_bytes();
        let low = u64::from_le_bytes(first(&bytes));
        let high = u64::from_le_bytes(last(&bytes));
        let mixed = (low ^ high.wrapping_mul(FACTOR).rotate_left(32)).wrapping_mul(FACTOR);
        usize::try_from(mixed >> self.shift).unwrap_or_default()
    }
}

fn first(bytes: &[u8; 16]) -> [u8; 8] {
    bytes.first_chunk().copied().unwrap_or_default()
}

fn last(bytes: &[u8; 16]) -> [u8; 8] {
    bytes.last_chunk().copied().unwrap_or_default()
}

/// A row group has fewer than 2^32 values.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
