//! A block of the market as columns.

use super::error::{BacktestError, check_length};

/// Levels of one side of the book, row after row.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Prices, best first; NaN where the book ends.
    pub prices: &'a [f64],
    /// Quantities of the same levels.
    pub quantities: &'a [f64],
}

/// Rows at which orders can be filled, in order of time.
#[derive(Debug, Clone, Copy)]
pub struct Market<'a> {
    /// Unix nanoseconds.
    pub times: &'a [i64],
    /// What the market is worth: the price of a trade, the middle of a book, a mark price.
    pub prices: &'a [f64],
    /// What was traded, or lies at the best level; without it nothing limits a fill.
    pub volumes: Option<&'a [f64]>,
    /// Best ask less best bid, as last known; NaN where it is not.
    pub spreads: Option<&'a [f64]>,
    /// Levels a side.
    pub levels: usize,
    /// Bids and asks.
    pub sides: Option<[Side<'a>; 2]>,
}

impl Market<'_> {
    /// Returns how many rows there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.times.len()
    }

    /// Returns whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Checks that all columns have the same length.
    pub(super) fn check(&self) -> Result<(), BacktestError> {
        let rows = self.len();
        check_length("price", rows, self.prices.len())?;
        check_length("volume", rows, self.volumes.map_or(rows, <[f64]>::len))?;
        check_length("spread", rows, self.spreads.map_or(rows, <[f64]>::len))?;
        let Some([bids, asks]) = self.sides else {
            return Ok(());
        };
        let all = rows.saturating_mul(self.levels);
        check_length("bid_price", all, bids.prices.len())?;
        check_length("bid_quantity", all, bids.quantities.len())?;
        check_length("ask_price", all, asks.prices.len())?;
        check_length("ask_quantity", all, asks.quantities.len())
    }

    /// Yields price and quantity of the levels an order of this side meets, best first.
    pub(super) fn levels_at(&self, row: usize, is_buy: bool) -> impl Iterator<Item = (f64, f64)> {
        let begin = row.saturating_mul(self.levels);
        let places = begin..begin.saturating_add(self.levels);
        let (prices, quantities) = match self.sides {
            Some([_, asks]) if is_buy => (asks.prices, asks.quantities),
            Some([bids, _]) => (bids.prices, bids.quantities),
            None => Default::default(),
        };
        let prices = prices.get(places.clone()).unwrap_or_default();
        let quantities = quantities.get(places).unwrap_or_default();
        let levels = prices.iter().copied().zip(quantities.iter().copied());
        levels.take_while(|(price, _)| !price.is_nan())
    }
}

/// Funding states, in order of time.
#[derive(Debug, Clone, Copy)]
pub struct FundingRows<'a> {
    /// Unix nanoseconds.
    pub times: &'a [i64],
    /// For one interval, as a fraction; NaN where it is not said.
    pub rates: &'a [f64],
    /// NaN where it is not said.
    pub marks: &'a [f64],
    /// The next settlement; 0 where it is not said.
    pub next_ns: &'a [i64],
}

impl FundingRows<'_> {
    /// No rows.
    pub const NONE: FundingRows<'static> = FundingRows {
        times: &[],
        rates: &[],
        marks: &[],
        next_ns: &[],
    };

    pub(super) fn check(&self) -> Result<(), BacktestError> {
        let rows = self.times.len();
        check_length("rate", rows, self.rates.len())?;
        check_length("mark_price", rows, self.marks.len())?;
        check_length("next_funding_ns", rows, self.next_ns.len())
    }
}
