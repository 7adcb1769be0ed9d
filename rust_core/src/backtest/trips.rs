//! Round trips: from no position to no position.

use super::contract::Contract;

/// A position from its first fill on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trip {
    pub(super) entry_time_ns: i64,
    pub(super) is_long: bool,
    entered: f64,
    entry_notional: f64,
    left: f64,
    exit_notional: f64,
    fees: f64,
    funding: f64,
}

/// A trip that is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClosedTrip {
    pub(super) entry_time_ns: i64,
    pub(super) exit_time_ns: i64,
    pub(super) is_long: bool,
    pub(super) quantity: f64,
    pub(super) entry_price: f64,
    pub(super) exit_price: f64,
    pub(super) pnl: f64,
    pub(super) fees: f64,
    pub(super) funding: f64,
}

impl Trip {
    pub(super) const fn begin(entry_time_ns: i64, is_long: bool) -> Self {
        Self {
            entry_time_ns,
            is_long,
            entered: 0.0,
            entry_notional: 0.0,
            left: 0.0,
            exit_notional: 0.0,
            fees: 0.0,
            funding: 0.0,
        }
    }

    pub(super) fn enter(&mut self, quantity: f64, notional: f64, fee: f64) {
        self.entered += quantity;
        self.entry_notional += notional;
        self.fees += fee;
    }

    pub(super) fn leave(&mut self, quantity: f64, notional: f64, fee: f64) {
        self.left += quantity;
        self.exit_notional += notional;
        self.fees += fee;
    }

    pub(super) fn fund(&mut self, amount: f64) {
        self.funding += amount;
    }

    pub(super) fn close(self, exit_time_ns: i64, contract: Contract) -> ClosedTrip {
        let gain = contract.cost(self.exit_notional - self.entry_notional);
        let gain = if self.is_long { gain } else { -gain };
        ClosedTrip {
            entry_time_ns: self.entry_time_ns,
            exit_time_ns,
            is_long: self.is_long,
            quantity: self.entered,
            entry_price: contract.price(self.entered, self.entry_notional),
            exit_price: contract.price(self.left, self.exit_notional),
            pnl: gain - self.fees + self.funding,
            fees: self.fees,
            funding: self.funding,
        }
    }
}
