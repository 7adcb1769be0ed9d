//! What happened, as columns.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch};
use arrow_schema::ArrowError;

use super::quoting::Quote;
use super::schedule::Settlement;
use super::trips::ClosedTrip;

/// Columns of what happened since they were last taken.
#[derive(Debug, Default)]
pub struct Records {
    equity: Equity,
    fills: Fills,
    trips: Trips,
    funding: Funding,
}

#[derive(Debug, Default)]
struct Equity {
    time_ns: Vec<i64>,
    equity: Vec<f64>,
    cash: Vec<f64>,
    position: Vec<f64>,
    price: Vec<f64>,
}

#[derive(Debug, Default)]
struct Fills {
    time_ns: Vec<i64>,
    is_buy: Vec<bool>,
    quantity: Vec<f64>,
    price: Vec<f64>,
    notional: Vec<f64>,
    fee: Vec<f64>,
    slippage: Vec<f64>,
    signal_time_ns: Vec<i64>,
    row: Vec<i64>,
    is_maker: Vec<bool>,
}

#[derive(Debug, Default)]
struct Trips {
    entry_time_ns: Vec<i64>,
    exit_time_ns: Vec<i64>,
    is_long: Vec<bool>,
    quantity: Vec<f64>,
    entry_price: Vec<f64>,
    exit_price: Vec<f64>,
    pnl: Vec<f64>,
    fees: Vec<f64>,
    funding: Vec<f64>,
}

#[derive(Debug, Default)]
struct Funding {
    time_ns: Vec<i64>,
    rate: Vec<f64>,
    position: Vec<f64>,
    mark_price: Vec<f64>,
    amount: Vec<f64>,
}

/// The account at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub(super) time_ns: i64,
    pub(super) equity: f64,
    pub(super) cash: f64,
    pub(super) position: f64,
    pub(super) price: f64,
}

/// A fill as it is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filled {
    pub(super) time_ns: i64,
    pub(super) signal_ns: i64,
    pub(super) row: i64,
    pub(super) is_buy: bool,
    pub(super) price: f64,
    pub(super) fee: f64,
    pub(super) quote: Quote,
}

impl Records {
    pub(super) fn state(&mut self, state: State) {
        let columns = &mut self.equity;
        columns.time_ns.push(state.time_ns);
        columns.equity.push(state.equity);
        columns.cash.push(state.cash);
        columns.position.push(state.position);
        columns.price.push(state.price);
    }

    pub(super) fn fill(&mut self, fill: Filled) {
        let columns = &mut self.fills;
        columns.time_ns.push(fill.time_ns);
        columns.is_buy.push(fill.is_buy);
        columns.quantity.push(fill.quote.quantity);
        columns.price.push(fill.price);
        columns.notional.push(fill.quote.notional);
        columns.fee.push(fill.fee);
        columns.slippage.push(fill.quote.slippage);
        columns.signal_time_ns.push(fill.signal_ns);
        columns.row.push(fill.row);
        columns.is_maker.push(fill.quote.is_maker);
    }

    pub(super) fn trip(&mut self, trip: ClosedTrip) {
        let columns = &mut self.trips;
        columns.entry_time_ns.push(trip.entry_time_ns);
        columns.exit_time_ns.push(trip.exit_time_ns);
        columns.is_long.push(trip.is_long);
        columns.quantity.push(trip.quantity);
        columns.entry_price.push(trip.entry_price);
        columns.exit_price.push(trip.exit_price);
        columns.pnl.push(trip.pnl);
        columns.fees.push(trip.fees);
        columns.funding.push(trip.funding);
    }

    pub(super) fn funding(&mut self, settled: Settlement, position: f64, amount: f64) {
        let columns = &mut self.funding;
        columns.time_ns.push(settled.time_ns);
        columns.rate.push(settled.rate);
        columns.position.push(position);
        columns.mark_price.push(settled.mark);
        columns.amount.push(amount);
    }

    /// Returns the account over time.
    ///
    /// # Errors
    ///
    /// None that is known: the columns have one length.
    pub fn take_equity(&mut self) -> Result<RecordBatch, ArrowError> {
        let taken = std::mem::take(&mut self.equity);
        RecordBatch::try_from_iter([
            ("time_ns", whole(taken.time_ns)),
            ("equity", float(taken.equity)),
            ("cash", float(taken.cash)),
            ("position", float(taken.position)),
            ("price", float(taken.price)),
        ])
    }

    /// Returns the fills; `row` counts the rows of the market from the first block on.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn take_fills(&mut self) -> Result<RecordBatch, ArrowError> {
        let taken = std::mem::take(&mut self.fills);
        RecordBatch::try_from_iter([
            ("time_ns", whole(taken.time_ns)),
            ("is_buy", flag(taken.is_buy)),
            ("quantity", float(taken.quantity)),
            ("price", float(taken.price)),
            ("notional", float(taken.notional)),
            ("fee", float(taken.fee)),
            ("slippage", float(taken.slippage)),
            ("signal_time_ns", whole(taken.signal_time_ns)),
            ("row", whole(taken.row)),
            ("is_maker", flag(taken.is_maker)),
        ])
    }

    /// Returns the trips that are over.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn take_trips(&mut self) -> Result<RecordBatch, ArrowError> {
        let taken = std::mem::take(&mut self.trips);
        RecordBatch::try_from_iter([
            ("entry_time_ns", whole(taken.entry_time_ns)),
            ("exit_time_ns", whole(taken.exit_time_ns)),
            ("is_long", flag(taken.is_long)),
            ("quantity", float(taken.quantity)),
            ("entry_price", float(taken.entry_price)),
            ("exit_price", float(taken.exit_price)),
            ("pnl", float(taken.pnl)),
            ("fees", float(taken.fees)),
            ("funding", float(taken.funding)),
        ])
    }

    /// Returns the payments of funding.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn take_funding(&mut self) -> Result<RecordBatch, ArrowError> {
        let taken = std::mem::take(&mut self.funding);
        RecordBatch::try_from_iter([
            ("time_ns", whole(taken.time_ns)),
            ("rate", float(taken.rate)),
            ("position", float(taken.position)),
            ("mark_price", float(taken.mark_price)),
            ("amount", float(taken.amount)),
        ])
    }
}

fn whole(values: Vec<i64>) -> ArrayRef {
    Arc::new(Int64Array::from(values))
}

fn float(values: Vec<f64>) -> ArrayRef {
    Arc::new(Float64Array::from(values))
}

fn flag(values: Vec<bool>) -> ArrayRef {
    Arc::new(BooleanArray::from(values))
}
