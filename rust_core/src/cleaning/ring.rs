//! The latest ids of a stream and what came with them.

use super::continuity::Observation;
use crate::model::Decimal;

const SLOTS: usize = 1_024;

/// One accepted event: 64 bytes, a cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot {
    price: i128,
    quantity: i128,
    id: u64,
    time: i64,
    scales: [u8; 2],
    is_taken: bool,
}

impl Slot {
    fn of(seen: &Observation) -> Self {
        let parts = |decimal: Decimal| (decimal.units(), decimal.scale());
        let ((price, price_scale), (quantity, quantity_scale)) =
            (parts(seen.price), parts(seen.quantity));
        let scales = [price_scale, quantity_scale];
        Self {
            price,
            quantity,
            id: seen.id,
            time: seen.time.get(),
            scales,
            is_taken: true,
        }
    }
}

/// What the ring knows of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The same event.
    Same,
    /// The same id with another content.
    Other,
    /// Nothing: the slot is empty or holds another id.
    Nothing,
}

/// Slot `id mod 1024` holds the event put there last.
#[derive(Clone, Debug)]
pub(super) struct Ring {
    slots: Vec<Slot>,
}

impl Ring {
    pub(super) fn new() -> Self {
        Self {
            slots: vec![Slot::default(); SLOTS],
        }
    }

    pub(super) fn clear(&mut self) {
        self.slots.fill(Slot::default());
    }

    #[inline]
    pub(super) fn put(&mut self, seen: &Observation) {
        if let Some(slot) = self.slots.get_mut(index(seen.id)) {
            *slot = Slot::of(seen);
        }
    }

    pub(super) fn look_up(&self, seen: &Observation) -> Known {
        match self.slots.get(index(seen.id)) {
            Some(slot) if *slot == Slot::of(seen) => Known::Same,
            Some(slot) if slot.is_taken && slot.id == seen.id => Known::Other,
            _ => Known::Nothing,
        }
    }
}

const fn index(id: u64) -> usize {
    let [low, high, ..] = id.to_le_bytes();
    u16::from_le_bytes([low, high & 3]) as usize
}
