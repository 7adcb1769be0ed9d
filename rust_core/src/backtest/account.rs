//! Cash, a position, and the trip it is on.

use super::contract::Contract;
use super::trips::{ClosedTrip, Trip};

/// A fill on its way into the account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fill {
    pub(super) is_buy: bool,
    /// Positive.
    pub(super) quantity: f64,
    /// Positive.
    pub(super) notional: f64,
    pub(super) fee: f64,
}

/// So small a part of a quantity is what rounding left, and no quantity.
pub(super) const ROUNDING: f64 = 1e-12;

#[derive(Debug)]
pub(super) struct Account {
    contract: Contract,
    pub(super) cash: f64,
    pub(super) position: f64,
    trip: Option<Trip>,
}

impl Account {
    pub(super) const fn new(contract: Contract, capital: f64) -> Self {
        Self {
            contract,
            cash: capital,
            position: 0.0,
            trip: None,
        }
    }

    pub(super) fn equity(&self, price: f64) -> f64 {
        self.cash + self.value(price)
    }

    /// Takes a fill in; returns the trip it ends.
    ///
    /// `reached` is the position wanted when the fill reaches it: sums of parts would only come near.
    pub(super) fn fill(
        &mut self,
        time_ns: i64,
        fill: Fill,
        reached: Option<f64>,
    ) -> Option<ClosedTrip> {
        let sign = if fill.is_buy { 1.0 } else { -1.0 };
        self.cash -= self.contract.cost(sign * fill.notional) + fill.fee;
        let before = self.position;
        let sum = before + sign * fill.quantity;
        self.position = reached.unwrap_or(if sum.abs() <= ROUNDING * fill.quantity {
            0.0
        } else {
            sum
        });
        self.follow(time_ns, fill, before)
    }

    /// Pays or receives funding; returns what came in.
    pub(super) fn fund(&mut self, rate: f64, mark: f64) -> f64 {
        let amount = -self.contract.notional(self.position, mark) * rate;
        self.cash += amount;
        if let Some(trip) = &mut self.trip {
            trip.fund(amount);
        }
        amount
    }

    fn value(&self, price: f64) -> f64 {
        if self.position == 0.0 {
            return 0.0;
        }
        self.contract
            .cost(self.contract.notional(self.position, price))
    }

    fn follow(&mut self, time_ns: i64, fill: Fill, before: f64) -> Option<ClosedTrip> {
        let Some(trip) = &mut self.trip else {
            self.begin(time_ns, fill.is_buy, fill.quantity, fill.notional, fill.fee);
            return None;
        };
        if trip.is_long == fill.is_buy {
            trip.enter(fill.quantity, fill.notional, fill.fee);
            return None;
        }
        let is_over = self.position == 0.0 || (self.position > 0.0) != trip.is_long;
        if !is_over {
            trip.leave(fill.quantity, fill.notional, fill.fee);
            return None;
        }
        let share = if self.position == 0.0 {
            1.0
        } else {
            before.abs() / fill.quantity
        };
        trip.leave(before.abs(), fill.notional * share, fill.fee * share);
        let closed = trip.close(time_ns, self.contract);
        self.trip = None;
        if self.position != 0.0 {
            let rest = 1.0 - share;
            let (notional, fee) = (fill.notional * rest, fill.fee * rest);
            self.begin(time_ns, fill.is_buy, self.position.abs(), notional, fee);
        }
        Some(closed)
    }

    fn begin(&mut self, time_ns: i64, is_long: bool, quantity: f64, notional: f64, fee: f64) {
        let mut trip = Trip::begin(time_ns, is_long);
        trip.enter(quantity, notional, fee);
        self.trip = Some(trip);
    }
}
