//! Funding carry.

use super::ladder::Ladder;
use super::stream::Formula;
use super::sum::Add;

const HOURS_A_YEAR: f64 = 8_760.0;

/// Funding rates of the last `window` payments, a year: Σ rate / Σ hours × 8760.
#[derive(Debug)]
pub(super) struct FundingCarry(Ladder<Add, 2, 2>);

impl FundingCarry {
    pub(super) fn new(window: u32) -> Self {
        Self(Ladder::new(window))
    }
}

impl Formula<2, 1> for FundingCarry {
    #[inline(always)]
    fn feed(&mut self, inputs: [&[f64]; 2], outputs: [&mut [f64]; 1]) {
        let year = |[rate, hours]: [f64; 2]| [rate / hours * HOURS_A_YEAR];
        self.0.take(inputs, outputs, |both| both, year);
    }
}
