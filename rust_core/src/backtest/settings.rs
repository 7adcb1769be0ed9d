//! Settings of a simulated account.

use super::error::BacktestError;

/// What a fill costs beyond the price of the market.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Slippage {
    /// A share of the price: 0.0001 is one basis point.
    Fixed(f64),
    /// A share of the spread between best bid and best ask, around the price; 0.5 is half of it.
    Spread(f64),
    /// The levels of the book, best first, as far as they go.
    BookWalk,
}

/// How much of what the market traded may be ours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VolumeCap {
    /// Share of the quantity, above 0.
    pub share: f64,
    /// Quantities are added up over intervals of so many nanoseconds; 0 is each row by itself.
    pub interval_ns: i64,
}

/// Settings of a simulated account.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Cash at the beginning, in the currency of settlement.
    pub capital: f64,
    /// Whether quantities are in the quote currency and money in the base.
    pub is_inverse: bool,
    /// Money a unit of quantity moves for a unit of price; 1 unless quantities are contracts.
    pub multiplier: f64,
    /// Fee of a taker, as a share of the notional; negative is a rebate.
    pub taker_fee: f64,
    /// Fee of a maker.
    pub maker_fee: f64,
    /// Price of a fill.
    pub slippage: Slippage,
    /// Time from a signal to the market, in nanoseconds.
    pub latency_ns: i64,
    /// Limit of the quantity; None takes what is wanted.
    pub cap: Option<VolumeCap>,
    /// Distance of the samples of the account, in nanoseconds.
    pub sample_ns: i64,
    /// Whether signals are given by the very rows of the market.
    pub is_same_stream: bool,
    /// Beginnings of windows that are left out, ascending, Unix nanoseconds: what was wanted before
    /// one is no longer wanted after it.
    pub window_starts: Vec<i64>,
}

impl Settings {
    /// Checks the ranges.
    ///
    /// # Errors
    ///
    /// [`BacktestError::Setting`] names the first that is out of range.
    pub fn check(&self) -> Result<(), BacktestError> {
        let slippage = match self.slippage {
            Slippage::Fixed(share) => share < 1.0,
            Slippage::Spread(share) => share.is_finite(),
            Slippage::BookWalk => true,
        };
        let cap = self
            .cap
            .is_none_or(|cap| cap.share > 0.0 && cap.share.is_finite() && cap.interval_ns >= 0);
        let all = [
            ("capital", self.capital, self.capital.is_finite()),
            (
                "multiplier",
                self.multiplier,
                self.multiplier > 0.0 && self.multiplier.is_finite(),
            ),
            ("taker_fee", self.taker_fee, self.taker_fee.abs() < 1.0),
            ("maker_fee", self.maker_fee, self.maker_fee.abs() < 1.0),
            ("slippage", f64::NAN, slippage),
            ("volume cap", f64::NAN, cap),
            ("latency_ns", f64::NAN, self.latency_ns >= 0),
            ("sample_ns", f64::NAN, self.sample_ns > 0),
        ];
        match all.into_iter().find(|(_, _, is_right)| !is_right) {
            Some((name, value, _)) => Err(BacktestError::Setting { name, value }),
            None => Ok(()),
        }
    }
}
