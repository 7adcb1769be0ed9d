//! OKX's checksum of the best 25 levels, which it computed until 2026-06-23.
//!
//! It is a CRC-32 of the texts as received, so a book that has one keeps its texts, apart from the
//! levels: a book without one pays nothing.

use std::collections::BTreeMap;

use crate::model::{Level, RawLevel};

const LEVELS: usize = 25;
/// Prices that cleaning lets through fit 128 bits at this scale.
const SCALE: u32 = 18;

/// Price and quantity.
type Text = (Box<[u8]>, Box<[u8]>);
type Side = BTreeMap<i128, Text>;

/// The texts of a book's levels.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    bids: Side,
    asks: Side,
}

impl Texts {
    /// Takes over levels with their texts, `bids` beside `raw_bids`.
    pub(super) fn set(
        &mut self,
        bids: (&[Level], &[RawLevel<'_>]),
        asks: (&[Level], &[RawLevel<'_>]),
    ) {
        set(&mut self.bids, bids);
        set(&mut self.asks, asks);
    }

    /// Returns the signed CRC-32 of `bid:size:ask:size:...`, best first; a side that has ended is
    /// left out.
    pub(super) fn checksum(&self) -> i32 {
        let mut crc = Crc32::default();
        let mut is_first = true;
        let mut write = |level: Option<&Text>| {
            let Some((price, quantity)) = level else {
                return;
            };
            crc.write(if is_first { b"" } else { b":" });
            is_first = false;
            crc.write(price);
            crc.write(b":");
            crc.write(quantity);
        };
        let (mut bids, mut asks) = (self.bids.values().rev(), self.asks.values());
        for _ in 0..LEVELS {
            write(bids.next());
            write(asks.next());
        }
        crc.finish().cast_signed()
    }
}

fn set(side: &mut Side, (levels, raw): (&[Level], &[RawLevel<'_>])) {
    for (level, raw) in levels.iter().zip(raw) {
        let Some(price) = level.price.units_at(SCALE) else {
            continue;
        };
        if level.quantity.units() == 0 {
            side.remove(&price);
        } else {
            side.insert(price, (raw.price.into(), raw.quantity.into()));
        }
    }
}

/// CRC-32 of IEEE 802.3, one byte at a time.
#[derive(Debug)]
struct Crc32(u32);

impl Default for Crc32 {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

impl Crc32 {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = step(self.0 ^ u32::from(*byte));
        }
    }

    fn finish(&self) -> u32 {
        !self.0
    }
}

const fn step(value: u32) -> u32 {
    let mut value = value;
    let mut bit = 0;
    while bit < 8 {
        let mask = (value & 1).wrapping_neg();
        value = (value >> 1) ^ (0xedb8_8320 & mask);
        bit += 1;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_crc_32() {
        let mut crc = Crc32::default();
        crc.write(b"123456789");
        assert_eq!(crc.finish(), 0xcbf4_3926);
    }
}
