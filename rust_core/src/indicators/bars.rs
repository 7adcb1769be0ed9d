//! Which bar each trade belongs to, where a bar is full at an amount.

use super::stream::Formula;

/// Numbers bars from 0: a bar takes trades until their amounts reach a threshold, the last one whole.
#[derive(Debug)]
pub(super) struct BarNumber {
    threshold: f64,
    filled: f64,
    number: f64,
}

impl BarNumber {
    pub(super) const fn new(threshold: f64) -> Self {
        Self {
            threshold,
            filled: 0.0,
            number: 0.0,
        }
    }
}

impl Formula<1, 1> for BarNumber {
    fn feed(&mut self, [amounts]: [&[f64]; 1], [output]: [&mut [f64]; 1]) {
        for (amount, output) in amounts.iter().zip(output) {
            if self.filled >= self.threshold {
                self.number += 1.0;
                self.filled = 0.0;
            }
            self.filled += amount;
            *output = self.number;
        }
    }
}
