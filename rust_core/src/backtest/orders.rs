//! What is wanted of the market now.

use super::signals::Signal;

/// The work that is left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Work {
    /// Nothing is wanted: the position is held.
    Hold,
    /// The position that is wanted.
    Target {
        /// In units of quantity.
        position: f64,
        /// Time of the row that wants it.
        signal_ns: i64,
    },
    /// An order.
    Order(Order),
}

/// An order at the market.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Order {
    /// Negative: to sell.
    pub(super) left: f64,
    /// What it was for at first.
    pub(super) whole: f64,
    /// NaN: none.
    pub(super) limit: f64,
    /// Whether it has met the market and waits at its limit.
    pub(super) is_resting: bool,
    /// Time of the row that gave it.
    pub(super) signal_ns: i64,
}

impl Work {
    /// Takes in what a signal wants.
    pub(super) fn take(&mut self, signal: Signal) {
        if !signal.is_order {
            *self = Self::Target {
                position: signal.wanted,
                signal_ns: signal.time_ns,
            };
            return;
        }
        if signal.cancels {
            *self = Self::Hold;
        }
        if signal.wanted != 0.0 {
            *self = Self::Order(Order {
                left: signal.wanted,
                whole: signal.wanted,
                limit: signal.limit,
                is_resting: false,
                signal_ns: signal.time_ns,
            });
        }
    }
}
