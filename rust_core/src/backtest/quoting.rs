//! What the market gives for an order: how much, and for how much money.

use super::account::ROUNDING;
use super::contract::Contract;
use super::market::Market;
use super::orders::Order;
use super::settings::{Settings, Slippage, VolumeCap};

/// What can be had at a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quote {
    pub(super) quantity: f64,
    pub(super) notional: f64,
    /// Money beyond what the price of the market asks.
    pub(super) slippage: f64,
    pub(super) is_maker: bool,
}

/// What an order asks for at a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand {
    pub(super) is_buy: bool,
    /// Positive.
    pub(super) quantity: f64,
    /// NaN: none.
    pub(super) limit: f64,
}

impl Demand {
    pub(super) const fn of(left: f64, limit: f64) -> Self {
        Self {
            is_buy: left > 0.0,
            quantity: left.abs(),
            limit,
        }
    }

    const fn sign(self) -> f64 {
        if self.is_buy { 1.0 } else { -1.0 }
    }

    /// Whether a price is worse than the limit.
    fn refuses(self, price: f64) -> bool {
        (self.is_buy && price > self.limit) || (!self.is_buy && price < self.limit)
    }
}

/// The volume an order may take, followed from row to row.
#[derive(Debug)]
pub(super) struct Budget {
    cap: Option<VolumeCap>,
    interval: i64,
    traded: f64,
    taken: f64,
}

impl Budget {
    pub(super) const fn new(cap: Option<VolumeCap>) -> Self {
        Self {
            cap,
            interval: i64::MIN,
            traded: 0.0,
            taken: 0.0,
        }
    }

    /// Whether every row of the market has to be seen.
    pub(super) fn is_counting(&self) -> bool {
        self.cap.is_some()
    }

    /// Sees the volume of a row.
    pub(super) fn see(&mut self, time_ns: i64, volume: f64) {
        let interval_ns = self.cap.map_or(0, |cap| cap.interval_ns);
        let interval = time_ns.checked_div_euclid(interval_ns);
        if interval.is_none_or(|interval| interval != self.interval) {
            self.interval = interval.unwrap_or_default();
            self.traded = 0.0;
            self.taken = 0.0;
        }
        self.traded += volume;
    }

    pub(super) fn take(&mut self, quantity: f64) {
        self.taken += quantity;
    }

    fn left(&self, share: f64) -> f64 {
        let all = share * self.traded;
        let left = all - self.taken;
        if left <= ROUNDING * all { 0.0 } else { left }
    }
}

/// Returns what a row of the market gives to an order that takes; None is nothing.
pub(super) fn taken(
    settings: &Settings,
    contract: Contract,
    market: &Market<'_>,
    (row, price): (usize, f64),
    demand: Demand,
    budget: &Budget,
) -> Option<Quote> {
    let sign = demand.sign();
    let paid = match settings.slippage {
        Slippage::Fixed(share) => price * (1.0 + sign * share),
        Slippage::Spread(share) => price + sign * share * market.spreads?.get(row)?,
        Slippage::BookWalk => return walked(settings, contract, market, (row, price), demand),
    };
    // A spread that is not known gives a price that is no number, and no fill.
    if paid.is_nan() || paid <= 0.0 || demand.refuses(paid) {
        return None;
    }
    let offered = offered(settings, market, row, demand.is_buy, budget);
    let quantity = demand.quantity.min(offered);
    (quantity > 0.0).then(|| {
        let notional = contract.notional(quantity, paid);
        quote(contract, demand, quantity, notional, price)
    })
}

/// Returns what a row of the market gives to an order that rests at its limit.
pub(super) fn made(
    settings: &Settings,
    contract: Contract,
    market: &Market<'_>,
    (row, price): (usize, f64),
    order: Order,
    budget: &Budget,
) -> Option<Quote> {
    let demand = Demand::of(order.left, order.limit);
    let opposite = market.levels_at(row, demand.is_buy).next();
    let met = match opposite {
        Some((best, _)) => best,
        None if market.sides.is_some() => return None,
        None => price,
    };
    let is_through = if demand.is_buy {
        met < order.limit
    } else {
        met > order.limit
    };
    if !is_through {
        return None;
    }
    let there = if settings.cap.is_some() {
        offered(settings, market, row, demand.is_buy, budget)
    } else if let Some((_, quantity)) = opposite {
        quantity
    } else {
        let volume = market.volumes.and_then(|volumes| volumes.get(row));
        volume.copied().unwrap_or(f64::INFINITY)
    };
    let quantity = demand.quantity.min(there);
    (quantity > 0.0).then(|| Quote {
        quantity,
        notional: contract.notional(quantity, order.limit),
        slippage: 0.0,
        is_maker: true,
    })
}

/// Returns the quantity that a row offers under the cap.
fn offered(
    settings: &Settings,
    market: &Market<'_>,
    row: usize,
    is_buy: bool,
    budget: &Budget,
) -> f64 {
    let Some(cap) = settings.cap else {
        return f64::INFINITY;
    };
    if market.sides.is_none() {
        return budget.left(cap.share);
    }
    let best = market.levels_at(row, is_buy).next();
    best.map_or(0.0, |(_, quantity)| cap.share * quantity)
}

fn walked(
    settings: &Settings,
    contract: Contract,
    market: &Market<'_>,
    (row, price): (usize, f64),
    demand: Demand,
) -> Option<Quote> {
    let share = settings.cap.map_or(1.0, |cap| cap.share);
    let mut left = demand.quantity;
    let mut notional = 0.0;
    for (level, quantity) in market.levels_at(row, demand.is_buy) {
        if left <= 0.0 || demand.refuses(level) {
            break;
        }
        let part = left.min(quantity * share);
        notional += contract.notional(part, level);
        left -= part;
    }
    // What is filled to the end is filled exactly.
    let quantity = if left <= ROUNDING * demand.quantity {
        demand.quantity
    } else {
        demand.quantity - left
    };
    (quantity > 0.0).then(|| quote(contract, demand, quantity, notional, price))
}

fn quote(contract: Contract, demand: Demand, quantity: f64, notional: f64, price: f64) -> Quote {
    let fair = contract.notional(quantity, price);
    Quote {
        quantity,
        notional,
        // Plus zero, so that none is never minus zero.
        slippage: contract.cost(demand.sign() * (notional - fair)) + 0.0,
        is_maker: false,
    }
}
