//! Rolling variance, standard deviation and Bollinger bands.
//!
//! Two neighbours of n values merge by Chan, Golub and LeVeque, "Updating formulae and a pairwise
//! algorithm for computing sample variances" (1979): `M = M1 + M2 + (S2 - S1)² / 2n`, where S is the sum
//! and M the sum of squares about the mean. The parts of a window, whose lengths differ, are put
//! together about the mean of one of the longest, which is at least a sixteenth of the window: at most four
//! bits are lost, whatever the level of the values. Equal values give exactly 0.

use super::ladder::{Ladder, Merge};
use super::stream::Formula;
use super::taps::Tap;

/// Columns: sum, sum of squares about the mean. Totals: a mean, the sum and the squares about it.
#[derive(Debug)]
struct Squares;

impl Merge<2, 3> for Squares {
    #[inline(always)]
    fn merge(older: [f64; 2], newer: [f64; 2], span: f64) -> [f64; 2] {
        let ([sum1, squares1], [sum2, squares2]) = (older, newer);
        let apart = sum2 - sum1;
        // Half of one over a power of two is exact.
        let between = apart * apart * (0.5 / span);
        [sum1 + sum2, (squares1 + squares2) + between]
    }

    #[inline(always)]
    fn start([sum, squares]: [f64; 2], tap: &Tap) -> [f64; 3] {
        [sum * tap.inverse, 0.0, squares]
    }

    #[inline(always)]
    fn fold([mean, sum, squares]: [f64; 3], part: [f64; 2], tap: &Tap) -> [f64; 3] {
        let away = part[0] * tap.inverse - mean;
        let weighted = tap.span * away;
        [mean, sum + weighted, squares + (part[1] + weighted * away)]
    }
}

/// The ladder with the numbers that its totals are divided by.
#[derive(Debug)]
struct Spread {
    ladder: Ladder<Squares, 2, 3>,
    /// 1 / window.
    part: f64,
}

impl Spread {
    fn new(window: u32) -> Self {
        Self {
            ladder: Ladder::new(window),
            part: 1.0 / f64::from(window),
        }
    }

    #[inline(always)]
    fn take(&mut self, values: &[f64]) {
        let [sums, squares] = self.ladder.bottom(values.len());
        sums.copy_from_slice(values);
        // 0, or NaN for what is not finite: it has no mean.
        for (square, value) in squares.iter_mut().zip(values) {
            *square = (value * 0.0).abs();
        }
    }
}

/// Variance over a window, or its square root.
#[derive(Debug)]
pub(super) struct Variance<const ROOT: bool> {
    spread: Spread,
    divisor: f64,
}

impl<const ROOT: bool> Variance<ROOT> {
    /// Divides by `window - ddof`; where that is not positive, everything is NaN.
    pub(super) fn new(window: u32, ddof: u32) -> Self {
        let divisor = f64::from(window) - f64::from(ddof);
        Self {
            spread: Spread::new(window),
            divisor: if divisor > 0.0 { divisor } else { f64::NAN },
        }
    }
}

impl<const ROOT: bool> Formula<1, 1> for Variance<ROOT> {
    #[inline(always)]
    fn feed(&mut self, [values]: [&[f64]; 1], outputs: [&mut [f64]; 1]) {
        self.spread.take(values);
        let (part, divisor) = (self.spread.part, self.divisor);
        self.spread.ladder.roll(outputs, |[_, sum, squares]| {
            let variance = (squares - sum * sum * part) / divisor;
            [if ROOT { variance.sqrt() } else { variance }]
        });
    }
}

/// Mean ± `deviations` standard deviations: upper, middle, lower.
#[derive(Debug)]
pub(super) struct Bollinger {
    spread: Spread,
    deviations: f64,
}

impl Bollinger {
    pub(super) fn new(window: u32, deviations: f64) -> Self {
        Self {
            spread: Spread::new(window),
            deviations,
        }
    }
}

impl Formula<1, 3> for Bollinger {
    #[inline(always)]
    fn feed(&mut self, [values]: [&[f64]; 1], outputs: [&mut [f64]; 3]) {
        self.spread.take(values);
        let (part, deviations) = (self.spread.part, self.deviations);
        self.spread.ladder.roll(outputs, |[mean, sum, squares]| {
            let middle = mean + sum * part;
            let band = ((squares - sum * sum * part) * part).sqrt() * deviations;
            [middle + band, middle, middle - band]
        });
    }
}
