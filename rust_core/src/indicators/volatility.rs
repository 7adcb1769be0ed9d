//! Realised volatility.

use super::ladder::Ladder;
use super::stream::Formula;
use super::sum::Add;

/// The root of a factor times the sum of the last `window` squared log returns.
#[derive(Debug)]
pub(super) struct RealisedVolatility {
    before: f64,
    squares: Ladder<Add, 1, 1>,
    factor: f64,
}

impl RealisedVolatility {
    pub(super) fn new(window: u32, factor: f64) -> Self {
        Self {
            before: f64::NAN,
            squares: Ladder::new(window),
            factor,
        }
    }
}

impl Formula<1, 1> for RealisedVolatility {
    #[inline(always)]
    fn feed(&mut self, [price]: [&[f64]; 1], outputs: [&mut [f64]; 1]) {
        let [squares] = self.squares.bottom(price.len());
        for (square, price) in squares.iter_mut().zip(price) {
            let change = (price / self.before).ln();
            self.before = *price;
            *square = change * change;
        }
        let factor = self.factor;
        self.squares.roll(outputs, |[sum]| [(sum * factor).sqrt()]);
    }
}
