//! The best levels of a book, message after message.

use crate::book::{BookState, BookTrack};
use crate::model::Level;

/// Digits after the point of the prices and quantities written down.
const SCALE: u32 = 18;

/// The best levels after each message, as columns; numbers are little-endian.
#[derive(Clone, Debug)]
pub struct BookTops {
    levels: usize,
    /// Bids, then asks.
    pub sides: [SideTops; 2],
}

/// The levels of one side of all messages, one after the other.
#[derive(Clone, Debug, Default)]
pub struct SideTops {
    /// How many levels each message left, 4 bytes a message; 0 while the book is not to be trusted.
    pub counts: Vec<u8>,
    /// 16 bytes a level, with 18 digits after the point, best first.
    pub prices: Vec<u8>,
    /// As `prices`.
    pub quantities: Vec<u8>,
}

impl BookTops {
    /// Starts without a message; so many levels a side are written down at most.
    #[must_use]
    pub fn new(levels: usize) -> Self {
        Self {
            levels,
            sides: Default::default(),
        }
    }

    /// Writes a book down; None when a number has no room.
    pub(super) fn note(&mut self, track: &BookTrack) -> Option<()> {
        let [bids, asks] = &mut self.sides;
        let levels = if track.state() == BookState::Live {
            self.levels
        } else {
            0
        };
        bids.note(track.bids().take(levels))?;
        asks.note(track.asks().take(levels))
    }
}

impl SideTops {
    fn note(&mut self, levels: impl Iterator<Item = Level>) -> Option<()> {
        let mut count = 0_u32;
        for level in levels {
            let price = level.price.units_at(SCALE)?;
            let quantity = level.quantity.units_at(SCALE)?;
            self.prices.extend(price.to_le_bytes());
            self.quantities.extend(quantity.to_le_bytes());
            count = count.checked_add(1)?;
        }
        self.counts.extend(count.to_le_bytes());
        Some(())
    }
}
