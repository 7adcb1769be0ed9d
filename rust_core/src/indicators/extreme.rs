//! Rolling minimum and maximum.

use super::ladder::{Ladder, Merge};
use super::stream::Formula;
use super::taps::Tap;

/// Keeps the smaller value, or with `MOST` the larger; NaN wins over both.
#[derive(Debug)]
struct Keep<const MOST: bool>;

impl<const MOST: bool> Merge<1, 1> for Keep<MOST> {
    #[inline(always)]
    fn merge([older]: [f64; 1], [newer]: [f64; 1], _: f64) -> [f64; 1] {
        [if MOST {
            larger(older, newer)
        } else {
            -larger(-older, -newer)
        }]
    }

    #[inline(always)]
    fn start(part: [f64; 1], _: &Tap) -> [f64; 1] {
        part
    }

    #[inline(always)]
    fn fold(total: [f64; 1], part: [f64; 1], _: &Tap) -> [f64; 1] {
        Self::merge(total, part, 0.0)
    }
}

/// Returns the larger of two, NaN if one is.
#[inline(always)]
pub(super) fn larger(one: f64, other: f64) -> f64 {
    if one > other || one.is_nan() {
        one
    } else {
        other
    }
}

/// The smallest, or with `MOST` the largest, of the last `window` values.
#[derive(Debug)]
pub(super) struct Extreme<const MOST: bool>(Ladder<Keep<MOST>, 1, 1>);

impl<const MOST: bool> Extreme<MOST> {
    pub(super) fn new(window: u32) -> Self {
        Self(Ladder::new(window))
    }
}

impl<const MOST: bool> Formula<1, 1> for Extreme<MOST> {
    #[inline(always)]
    fn feed(&mut self, inputs: [&[f64]; 1], outputs: [&mut [f64]; 1]) {
        self.0.take(inputs, outputs, |value| value, |kept| kept);
    }
}
