//! What the strategy wants, on its way to the market.

use std::collections::VecDeque;

use super::error::{BacktestError, check_length};

/// A block of signals as columns, in order of time.
#[derive(Debug, Clone, Copy)]
pub struct Signals<'a> {
    /// Times of the rows that gave them.
    pub times: &'a [i64],
    /// Positions wanted, or quantities of orders (0 is none).
    pub wanted: &'a [f64],
    /// Whether `wanted` are orders.
    pub are_orders: bool,
    /// Limit prices of orders, NaN without; empty when none has one.
    pub limits: &'a [f64],
    /// Whether orders still working are taken back (not 0); empty when none is.
    pub cancels: &'a [u8],
}

/// What one row wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Signal {
    pub(super) time_ns: i64,
    pub(super) wanted: f64,
    pub(super) is_order: bool,
    pub(super) limit: f64,
    pub(super) cancels: bool,
}

impl Signals<'_> {
    pub(super) fn check(&self) -> Result<(), BacktestError> {
        let rows = self.times.len();
        check_length("wanted", rows, self.wanted.len())?;
        if !self.limits.is_empty() {
            check_length("limit", rows, self.limits.len())?;
        }
        if !self.cancels.is_empty() {
            check_length("cancel", rows, self.cancels.len())?;
        }
        Ok(())
    }

    fn at(&self, place: usize) -> Option<Signal> {
        Some(Signal {
            time_ns: *self.times.get(place)?,
            wanted: *self.wanted.get(place)?,
            is_order: self.are_orders,
            limit: self.limits.get(place).copied().unwrap_or(f64::NAN),
            cancels: self.cancels.get(place).is_some_and(|flag| *flag != 0),
        })
    }
}

/// The next signal of a block that wants another position than the one that is held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Next {
    /// It is at this place.
    Signal {
        /// Its row in the block.
        place: usize,
        /// Time of that row.
        time_ns: i64,
    },
    /// The block has none.
    Nothing,
    /// Signals have to be looked at one by one.
    Unknown,
}

/// Signals whose latency has not passed, of this block and of those before.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    earlier: VecDeque<Signal>,
    next: usize,
}

impl Waiting {
    /// Returns the next signal that reaches the market, if one does.
    ///
    /// `latest_ns` is the latest time of a signal that may; `before` is the first place of the block
    /// that may not.
    pub(super) fn pop(
        &mut self,
        block: &Signals<'_>,
        latest_ns: i64,
        before: usize,
    ) -> Option<Signal> {
        if let Some(first) = self.earlier.front() {
            return if first.time_ns <= latest_ns {
                self.earlier.pop_front()
            } else {
                None
            };
        }
        if self.next >= before || *block.times.get(self.next)? > latest_ns {
            return None;
        }
        let found = block.at(self.next);
        self.next += 1;
        found
    }

    /// Leaves out the next signals that want the position that is held: they change nothing.
    pub(super) fn skip(&mut self, block: &Signals<'_>, held: f64) -> Next {
        if block.are_orders || !self.earlier.is_empty() {
            return Next::Unknown;
        }
        let rest = block.wanted.get(self.next..).unwrap_or_default();
        self.next += same(rest, held);
        block
            .times
            .get(self.next)
            .map_or(Next::Nothing, |&time_ns| Next::Signal {
                place: self.next,
                time_ns,
            })
    }

    /// Keeps what of a block has not reached the market.
    pub(super) fn end(&mut self, block: &Signals<'_>) {
        while let Some(signal) = block.at(self.next) {
            self.earlier.push_back(signal);
            self.next += 1;
        }
        self.next = 0;
    }
}

/// Counts the leading values that are equal to one, by blocks first: there are often many.
fn same(values: &[f64], one: f64) -> usize {
    let (blocks, _) = values.as_chunks::<64>();
    let whole = blocks
        .iter()
        .take_while(|block| !block.iter().fold(false, |any, value| any | (*value != one)))
        .count();
    let rest = values.get(whole * 64..).unwrap_or_default();
    whole * 64 + rest.iter().take_while(|value| **value == one).count()
}
