//! Rolling regression and correlation: Kyle's lambda, autocorrelation of trade signs.
//!
//! Merged like the variance, see `variance.rs`.

use super::ladder::{Ladder, Merge};
use super::stream::Formula;
use super::taps::Tap;

/// Columns: sums of x and y; products about the means: xx, xy, yy. Totals: a mean of x and of y, and
/// the five columns about it.
#[derive(Debug)]
struct Products;

impl Merge<5, 7> for Products {
    #[inline(always)]
    fn merge(older: [f64; 5], newer: [f64; 5], span: f64) -> [f64; 5] {
        let ([x1, y1, xx1, xy1, yy1], [x2, y2, xx2, xy2, yy2]) = (older, newer);
        let (x, y, scale) = (x2 - x1, y2 - y1, 0.5 / span);
        [
            x1 + x2,
            y1 + y2,
            (xx1 + xx2) + x * x * scale,
            (xy1 + xy2) + x * y * scale,
            (yy1 + yy2) + y * y * scale,
        ]
    }

    #[inline(always)]
    fn start([x, y, xx, xy, yy]: [f64; 5], tap: &Tap) -> [f64; 7] {
        [x * tap.inverse, y * tap.inverse, 0.0, 0.0, xx, xy, yy]
    }

    #[inline(always)]
    fn fold(total: [f64; 7], part: [f64; 5], tap: &Tap) -> [f64; 7] {
        let [mean_x, mean_y, sum_x, sum_y, xx, xy, yy] = total;
        let x = part[0] * tap.inverse - mean_x;
        let y = part[1] * tap.inverse - mean_y;
        let (weighted_x, weighted_y) = (tap.span * x, tap.span * y);
        [
            mean_x,
            mean_y,
            sum_x + weighted_x,
            sum_y + weighted_y,
            xx + (part[2] + weighted_x * x),
            xy + (part[3] + weighted_x * y),
            yy + (part[4] + weighted_y * y),
        ]
    }
}

/// Rolling products of two columns about their means.
#[derive(Debug)]
struct Pairs {
    ladder: Ladder<Products, 5, 7>,
    /// 1 / window.
    part: f64,
}

impl Pairs {
    fn new(window: u32) -> Self {
        Self {
            ladder: Ladder::new(window),
            part: 1.0 / f64::from(window),
        }
    }

    /// Writes `finish([xx, xy, yy])` for the next pairs.
    #[inline(always)]
    fn roll(&mut self, x: &[f64], y: &[f64], output: &mut [f64], finish: impl Fn([f64; 3]) -> f64) {
        let [to_x, to_y, products @ ..] = self.ladder.bottom(x.len());
        to_x.copy_from_slice(x);
        to_y.copy_from_slice(y);
        for product in products {
            for ((product, x), y) in product.iter_mut().zip(x).zip(y) {
                // 0, or NaN for what is not finite.
                *product = ((x.abs() + y.abs()) * 0.0).abs();
            }
        }
        let part = self.part;
        self.ladder.roll([output], |[_, _, x, y, xx, xy, yy]| {
            [finish([
                xx - x * x * part,
                xy - x * y * part,
                yy - y * y * part,
            ])]
        });
    }
}

/// Slope of the price's change on the signed quantity (A. S. Kyle, 1985, by least squares).
#[derive(Debug)]
pub(super) struct KyleLambda {
    before: f64,
    pairs: Pairs,
    changes: Vec<f64>,
}

impl KyleLambda {
    pub(super) fn new(window: u32) -> Self {
        Self {
            before: f64::NAN,
            pairs: Pairs::new(window),
            changes: super::scratch(),
        }
    }
}

impl Formula<2, 1> for KyleLambda {
    #[inline(always)]
    fn feed(&mut self, [price, quantity]: [&[f64]; 2], [output]: [&mut [f64]; 1]) {
        let changes = super::first(&mut self.changes, price.len());
        for (change, price) in changes.iter_mut().zip(price) {
            *change = price - self.before;
            self.before = *price;
        }
        self.pairs
            .roll(quantity, changes, output, |[xx, xy, _]| xy / xx);
    }
}

/// Correlation of a series with itself `lag` places earlier, over `window` pairs.
#[derive(Debug)]
pub(super) struct Autocorrelation {
    past: Vec<f64>,
    next: usize,
    pairs: Pairs,
    earlier: Vec<f64>,
}

impl Autocorrelation {
    pub(super) fn new(window: u32, lag: u32) -> Self {
        Self {
            past: vec![f64::NAN; lag as usize],
            next: 0,
            pairs: Pairs::new(window),
            earlier: super::scratch(),
        }
    }
}

impl Formula<1, 1> for Autocorrelation {
    #[inline(always)]
    fn feed(&mut self, [values]: [&[f64]; 1], [output]: [&mut [f64]; 1]) {
        let earlier = super::first(&mut self.earlier, values.len());
        for (earlier, value) in earlier.iter_mut().zip(values) {
            if let Some(past) = self.past.get_mut(self.next) {
                *earlier = core::mem::replace(past, *value);
            }
            self.next += 1;
            if self.next == self.past.len() {
                self.next = 0;
            }
        }
        self.pairs.roll(values, earlier, output, |[xx, xy, yy]| {
            xy / (xx * yy).sqrt()
        });
    }
}
