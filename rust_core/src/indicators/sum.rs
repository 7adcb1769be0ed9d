//! Rolling sum, mean and volume-weighted average price.

use super::ladder::{Ladder, Merge};
use super::stream::Formula;
use super::taps::Tap;

/// Adds each column.
#[derive(Debug)]
pub(super) struct Add;

impl<const C: usize> Merge<C, C> for Add {
    #[inline(always)]
    fn merge(older: [f64; C], newer: [f64; C], _: f64) -> [f64; C] {
        plus(older, newer)
    }

    #[inline(always)]
    fn start(part: [f64; C], _: &Tap) -> [f64; C] {
        part
    }

    #[inline(always)]
    fn fold(total: [f64; C], part: [f64; C], _: &Tap) -> [f64; C] {
        plus(total, part)
    }
}

#[inline(always)]
fn plus<const C: usize>(mut one: [f64; C], other: [f64; C]) -> [f64; C] {
    for (one, other) in one.iter_mut().zip(other) {
        *one += other;
    }
    one
}

/// The sum of the last `window` values.
#[derive(Debug)]
pub(super) struct Sum(Ladder<Add, 1, 1>);

impl Sum {
    pub(super) fn new(window: u32) -> Self {
        Self(Ladder::new(window))
    }
}

impl Formula<1, 1> for Sum {
    #[inline(always)]
    fn feed(&mut self, [values]: [&[f64]; 1], outputs: [&mut [f64]; 1]) {
        let [room] = self.0.bottom(values.len());
        room.copy_from_slice(values);
        self.0.roll(outputs, |sum| sum);
    }
}

/// The mean of the last `window` values.
#[derive(Debug)]
pub(super) struct Mean {
    sums: Ladder<Add, 1, 1>,
    window: f64,
}

impl Mean {
    pub(super) fn new(window: u32) -> Self {
        Self {
            sums: Ladder::new(window),
            window: f64::from(window),
        }
    }
}

impl Formula<1, 1> for Mean {
    #[inline(always)]
    fn feed(&mut self, [values]: [&[f64]; 1], outputs: [&mut [f64]; 1]) {
        let [room] = self.sums.bottom(values.len());
        room.copy_from_slice(values);
        let window = self.window;
        self.sums.roll(outputs, |[sum]| [sum / window]);
    }
}

/// Σ price × quantity / Σ quantity over a window; NaN where nothing was traded.
#[derive(Debug)]
pub(super) struct WeightedPrice(Ladder<Add, 2, 2>);

impl WeightedPrice {
    pub(super) fn new(window: u32) -> Self {
        Self(Ladder::new(window))
    }
}

impl Formula<2, 1> for WeightedPrice {
    #[inline(always)]
    fn feed(&mut self, [price, quantity]: [&[f64]; 2], outputs: [&mut [f64]; 1]) {
        let [notionals, quantities] = self.0.bottom(price.len());
        for ((notional, price), quantity) in notionals.iter_mut().zip(price).zip(quantity) {
            *notional = price * quantity;
        }
        quantities.copy_from_slice(quantity);
        self.0
            .roll(outputs, |[notional, quantity]| [notional / quantity]);
    }
}
