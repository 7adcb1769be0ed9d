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
    fn feed(&mut self, inputs: [&[f64]; 1], outputs: [&mut [f64]; 1]) {
        self.0.take(inputs, outputs, |value| value, |sum| sum);
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
    fn feed(&mut self, inputs: [&[f64]; 1], outputs: [&mut [f64]; 1]) {
        let window = self.window;
        self.sums
            .take(inputs, outputs, |value| value, |[sum]| [sum / window]);
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
    fn feed(&mut self, inputs: [&[f64]; 2], outputs: [&mut [f64]; 1]) {
        self.0.take(
            inputs,
            outputs,
            |[price, quantity]| [price * quantity, quantity],
            |[notional, quantity]| [notional / quantity],
        );
    }
}
