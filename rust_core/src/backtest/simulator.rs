//! The loop over the rows of a market.

use super::account::{Account, Fill, ROUNDING};
use super::contract::Contract;
use super::error::BacktestError;
use super::market::{FundingRows, Market};
use super::orders::{Order, Work};
use super::quoting::{self, Budget, Demand, Quote};
use super::records::{Filled, Records, State};
use super::schedule::{Due, Schedule, Settlement};
use super::settings::{Settings, Slippage};
use super::signals::{Next, Signals, Waiting};

/// An account in a market, followed block after block.
#[derive(Debug)]
pub struct Simulator {
    settings: Settings,
    contract: Contract,
    account: Account,
    schedule: Schedule,
    waiting: Waiting,
    work: Work,
    budget: Budget,
    records: Records,
    /// Signals up to this time are void: a window that is left out came after them.
    void_ns: i64,
    /// The last price of the market.
    price: f64,
    /// Time of the last row of any kind.
    last_ns: Option<i64>,
    has_begun: bool,
    rows_before: i64,
}

impl Simulator {
    /// Begins with cash and no position.
    ///
    /// # Errors
    ///
    /// [`BacktestError::Setting`] when a setting is out of range.
    pub fn new(settings: Settings) -> Result<Self, BacktestError> {
        settings.check()?;
        let contract = Contract {
            is_inverse: settings.is_inverse,
            multiplier: settings.multiplier,
        };
        Ok(Self {
            contract,
            account: Account::new(contract, settings.capital),
            schedule: Schedule::new(&settings),
            waiting: Waiting::default(),
            work: Work::Hold,
            budget: Budget::new(settings.cap),
            records: Records::default(),
            void_ns: i64::MIN,
            price: f64::NAN,
            last_ns: None,
            has_begun: false,
            rows_before: 0,
            settings,
        })
    }

    /// Runs a block: in the order of all rows, it comes as a whole after the block before.
    ///
    /// # Errors
    ///
    /// [`BacktestError`] when columns do not fit together or one that is needed is missing.
    pub fn run(
        &mut self,
        market: &Market<'_>,
        signals: &Signals<'_>,
        funding: &FundingRows<'_>,
    ) -> Result<(), BacktestError> {
        market.check()?;
        signals.check()?;
        funding.check()?;
        self.check_columns(market)?;
        let mut states = rows_of(funding).peekable();
        let mut due_ns = i64::MIN;
        let mut row = 0;
        while let (Some(&time_ns), Some(&price)) = (market.times.get(row), market.prices.get(row)) {
            if time_ns >= due_ns {
                while let Some((at, next)) = states.next_if(|(at, _)| *at < time_ns) {
                    self.pass(at);
                    self.schedule.note(at, next);
                }
                self.pass(time_ns);
                self.price = price;
                self.begin(time_ns);
                let state_ns = states
                    .peek()
                    .map_or(i64::MAX, |(at, _)| at.saturating_add(1));
                due_ns = self.schedule.due_ns().min(state_ns);
            }
            let quiet = self.quiet_rows(market, signals, row, due_ns);
            if let Some(&last) = quiet.last() {
                self.price = last;
                row += quiet.len();
                continue;
            }
            self.take_signals(signals, time_ns, row);
            self.price = price;
            self.see_volume(market, time_ns, row);
            self.trade(market, time_ns, row);
            row += 1;
        }
        for (at, next) in states {
            self.pass(at);
            self.schedule.note(at, next);
            self.last_ns = self.last_ns.max(Some(at));
        }
        self.waiting.end(signals);
        self.rows_before = self
            .rows_before
            .saturating_add(i64::try_from(market.len()).unwrap_or(i64::MAX));
        self.last_ns = self.last_ns.max(market.times.last().copied());
        Ok(())
    }

    /// Does what is due until the last row of a block, of whatever kind it is.
    pub fn advance(&mut self, time_ns: i64) {
        self.last_ns = self.last_ns.max(Some(time_ns));
        self.pass(time_ns);
    }

    /// Ends the run: what is due until then is done.
    ///
    /// `end_ns` is the end of the range, itself not in it; None is the last row.
    pub fn finish(&mut self, end_ns: Option<i64>) {
        let Some(last_ns) = self.last_ns else { return };
        self.pass(last_ns);
        let mut at = last_ns;
        while let Some(due) = self.schedule.pop_settlement(end_ns.unwrap_or(i64::MIN)) {
            self.settle(due);
            at = at.max(due.time_ns);
        }
        if self.has_begun {
            self.record(at);
        }
    }

    /// Returns what happened, to be taken.
    pub const fn records(&mut self) -> &mut Records {
        &mut self.records
    }

    fn check_columns(&self, market: &Market<'_>) -> Result<(), BacktestError> {
        let column = match self.settings.slippage {
            Slippage::Spread(_) if market.spreads.is_none() => "spread",
            Slippage::BookWalk if market.sides.is_none() => "bids and asks",
            _ if self.settings.cap.is_some()
                && market.volumes.is_none()
                && market.sides.is_none() =>
            {
                "volume"
            }
            _ => return Ok(()),
        };
        Err(BacktestError::Missing { column })
    }

    fn begin(&mut self, time_ns: i64) {
        if !self.has_begun {
            self.has_begun = true;
            self.schedule.begin(time_ns);
            self.record(time_ns);
        }
    }

    /// Does what is due before a row of this time.
    fn pass(&mut self, time_ns: i64) {
        while let Some(due) = self.schedule.pop(time_ns) {
            match due {
                Due::Settle(settlement) => self.settle(settlement),
                Due::Window(start_ns) => {
                    self.work = Work::Hold;
                    self.void_ns = start_ns;
                }
                Due::Sample(at) => self.record(at),
            }
        }
    }

    fn settle(&mut self, settlement: Settlement) {
        let position = self.account.position;
        if position == 0.0 {
            return;
        }
        let mark = if settlement.mark.is_nan() {
            self.price
        } else {
            settlement.mark
        };
        let amount = self.account.fund(settlement.rate, mark);
        let settled = Settlement { mark, ..settlement };
        self.records.funding(settled, position, amount);
        self.record(settlement.time_ns);
    }

    /// Returns the prices of the rows from this one on at which nothing can happen: nothing is due, no
    /// signal reaches the market but those that want the position that is held.
    fn quiet_rows<'a>(
        &mut self,
        market: &Market<'a>,
        signals: &Signals<'_>,
        row: usize,
        due_ns: i64,
    ) -> &'a [f64] {
        let held = self.account.position;
        let is_reached = match self.work {
            Work::Hold => true,
            Work::Target { position, .. } => position == held,
            Work::Order(_) => false,
        };
        if !is_reached || self.budget.is_counting() {
            return &[];
        }
        let (place, signal_ns) = match self.waiting.skip(signals, held) {
            Next::Signal { place, time_ns } => (place, time_ns),
            Next::Nothing => (usize::MAX, i64::MAX),
            Next::Unknown => return &[],
        };
        let (first, wait_ns) = if self.settings.is_same_stream {
            (place.saturating_add(1), self.settings.latency_ns)
        } else {
            (row, self.settings.latency_ns.max(1))
        };
        let until_ns = due_ns.min(signal_ns.saturating_add(wait_ns));
        if first <= row && market.times.get(row).is_none_or(|at| *at >= until_ns) {
            return &[];
        }
        // A signal acts on a row behind its own, and not before its latency has passed.
        let mut end = first_from(market.times, row, signal_ns.saturating_add(wait_ns)).max(first);
        end = end
            .min(first_from(market.times, row, due_ns))
            .min(market.len());
        market.prices.get(row..end).unwrap_or_default()
    }

    fn take_signals(&mut self, signals: &Signals<'_>, time_ns: i64, row: usize) {
        let mut latest_ns = time_ns.saturating_sub(self.settings.latency_ns);
        let mut before = row;
        if !self.settings.is_same_stream {
            // Of two streams nobody knows which of two rows of one time came first.
            latest_ns = latest_ns.min(time_ns.saturating_sub(1));
            before = usize::MAX;
        }
        while let Some(signal) = self.waiting.pop(signals, latest_ns, before) {
            if signal.time_ns > self.void_ns {
                self.work.take(signal);
            }
        }
    }

    fn see_volume(&mut self, market: &Market<'_>, time_ns: i64, row: usize) {
        if !self.budget.is_counting() {
            return;
        }
        let volume = market.volumes.and_then(|volumes| volumes.get(row));
        self.budget.see(time_ns, volume.copied().unwrap_or(0.0));
    }

    fn trade(&mut self, market: &Market<'_>, time_ns: i64, row: usize) {
        match self.work {
            Work::Hold => {}
            Work::Target {
                position,
                signal_ns,
            } => {
                let left = position - self.account.position;
                if left != 0.0 {
                    self.reach(market, (time_ns, row), (position, left), signal_ns);
                }
            }
            Work::Order(order) => self.work_order(market, time_ns, row, order),
        }
    }

    fn reach(
        &mut self,
        market: &Market<'_>,
        (time_ns, row): (i64, usize),
        (position, left): (f64, f64),
        signal_ns: i64,
    ) {
        let demand = Demand::of(left, f64::NAN);
        if let Some(quote) = self.quote(market, row, demand) {
            let rest = demand.quantity - quote.quantity;
            let whole = position.abs().max(self.account.position.abs());
            let reached = (rest <= ROUNDING * whole).then_some(position);
            self.fill((time_ns, row), demand.is_buy, quote, signal_ns, reached);
        }
    }

    fn work_order(&mut self, market: &Market<'_>, time_ns: i64, row: usize, mut order: Order) {
        let demand = Demand::of(order.left, order.limit);
        let found = if order.is_resting {
            let at = (row, self.price);
            let (settings, contract) = (&self.settings, self.contract);
            quoting::made(settings, contract, market, at, order, &self.budget)
        } else {
            order.is_resting = !order.limit.is_nan();
            self.quote(market, row, demand)
        };
        self.work = Work::Order(order);
        let Some(quote) = found else { return };
        let is_done = demand.quantity - quote.quantity <= ROUNDING * order.whole.abs();
        order.left = if demand.is_buy {
            order.left - quote.quantity
        } else {
            order.left + quote.quantity
        };
        self.work = if is_done {
            Work::Hold
        } else {
            Work::Order(order)
        };
        self.fill((time_ns, row), demand.is_buy, quote, order.signal_ns, None);
    }

    fn quote(&self, market: &Market<'_>, row: usize, demand: Demand) -> Option<Quote> {
        let at = (row, self.price);
        quoting::taken(
            &self.settings,
            self.contract,
            market,
            at,
            demand,
            &self.budget,
        )
    }

    fn fill(
        &mut self,
        (time_ns, row): (i64, usize),
        is_buy: bool,
        quote: Quote,
        signal_ns: i64,
        reached: Option<f64>,
    ) {
        let rate = if quote.is_maker {
            self.settings.maker_fee
        } else {
            self.settings.taker_fee
        };
        let fee = quote.notional * rate;
        let fill = Fill {
            is_buy,
            quantity: quote.quantity,
            notional: quote.notional,
            fee,
        };
        self.budget.take(quote.quantity);
        if let Some(trip) = self.account.fill(time_ns, fill, reached) {
            self.records.trip(trip);
        }
        let row = i64::try_from(row).unwrap_or(i64::MAX);
        self.records.fill(Filled {
            time_ns,
            signal_ns,
            row: self.rows_before.saturating_add(row),
            is_buy,
            price: self.contract.price(quote.quantity, quote.notional),
            fee,
            quote,
        });
        self.record(time_ns);
    }

    fn record(&mut self, time_ns: i64) {
        self.records.state(State {
            time_ns,
            equity: self.account.equity(self.price),
            cash: self.account.cash,
            position: self.account.position,
            price: self.price,
        });
    }
}

/// Returns the first place from `begin` on whose time is not before `time_ns`: it is often near.
fn first_from(times: &[i64], begin: usize, time_ns: i64) -> usize {
    let mut step = 8;
    let mut low = begin;
    while times.get(low + step).is_some_and(|at| *at < time_ns) {
        low += step;
        step *= 2;
    }
    let near = times.get(low..times.len().min(low + step + 1));
    low + near.map_or(0, |near| near.partition_point(|at| *at < time_ns))
}

/// Yields what funding states say of the next settlement, with their times.
fn rows_of<'a>(funding: &FundingRows<'a>) -> impl Iterator<Item = (i64, Settlement)> + use<'a> {
    let said = funding.next_ns.iter().zip(funding.rates).zip(funding.marks);
    let rows = funding.times.iter().copied().zip(said);
    rows.map(|(at, ((&time_ns, &rate), &mark))| {
        (
            at,
            Settlement {
                time_ns,
                rate,
                mark,
            },
        )
    })
}
