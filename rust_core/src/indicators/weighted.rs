//! Linearly weighted moving average.

use super::ladder::{Ladder, Merge};
use super::stream::Formula;
use super::taps::Tap;

/// Columns: sum, and sum with the weights 1, 2, 3 … from the oldest. Total: the weighted sum.
#[derive(Debug)]
struct Weights;

impl Merge<2, 1> for Weights {
    #[inline(always)]
    fn merge(older: [f64; 2], newer: [f64; 2], span: f64) -> [f64; 2] {
        let ([sum1, weighted1], [sum2, weighted2]) = (older, newer);
        [sum1 + sum2, (weighted1 + weighted2) + span * sum2]
    }

    #[inline(always)]
    fn start([sum, weighted]: [f64; 2], tap: &Tap) -> [f64; 1] {
        [weighted + tap.older * sum]
    }

    #[inline(always)]
    fn fold([total]: [f64; 1], [sum, weighted]: [f64; 2], tap: &Tap) -> [f64; 1] {
        [total + (weighted + tap.older * sum)]
    }
}

/// Mean with the weights 1 (oldest) to `window` (newest).
#[derive(Debug)]
pub(super) struct WeightedMean {
    ladder: Ladder<Weights, 2, 1>,
    divisor: f64,
}

impl WeightedMean {
    pub(super) fn new(window: u32) -> Self {
        let window_f64 = f64::from(window);
        Self {
            ladder: Ladder::new(window),
            divisor: window_f64 * (window_f64 + 1.0) * 0.5,
        }
    }
}

impl Formula<1, 1> for WeightedMean {
    #[inline(always)]
    fn feed(&mut self, inputs: [&[f64]; 1], outputs: [&mut [f64]; 1]) {
        let divisor = self.divisor;
        self.ladder.take(
            inputs,
            outputs,
            |[value]| [value, value],
            |[sum]| [sum / divisor],
        );
    }
}
