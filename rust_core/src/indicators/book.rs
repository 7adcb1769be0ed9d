//! Indicators of the best bid and ask.

use super::ladder::Ladder;
use super::stream::Formula;
use super::sum::Add;

/// Ask price less bid price.
#[derive(Debug)]
pub(super) struct QuotedSpread;

impl Formula<2, 1> for QuotedSpread {
    #[inline(always)]
    fn feed(&mut self, [bid, ask]: [&[f64]; 2], [output]: [&mut [f64]; 1]) {
        for ((output, bid), ask) in output.iter_mut().zip(bid).zip(ask) {
            *output = ask - bid;
        }
    }
}

/// (bid quantity - ask quantity) / (bid quantity + ask quantity), -1 to 1.
#[derive(Debug)]
pub(super) struct BookImbalance;

impl Formula<2, 1> for BookImbalance {
    #[inline(always)]
    fn feed(&mut self, [bid, ask]: [&[f64]; 2], [output]: [&mut [f64]; 1]) {
        for ((output, bid), ask) in output.iter_mut().zip(bid).zip(ask) {
            *output = (bid - ask) / (bid + ask);
        }
    }
}

/// The price between bid and ask, nearer to the side with less quantity.
#[derive(Debug)]
pub(super) struct Microprice;

impl Formula<4, 1> for Microprice {
    #[inline(always)]
    fn feed(
        &mut self,
        [bid, bid_quantity, ask, ask_quantity]: [&[f64]; 4],
        [output]: [&mut [f64]; 1],
    ) {
        let prices = bid.iter().zip(ask);
        let quantities = bid_quantity.iter().zip(ask_quantity);
        for ((output, (bid, ask)), (bids, asks)) in output.iter_mut().zip(prices).zip(quantities) {
            *output = bid + (ask - bid) * (bids / (bids + asks));
        }
    }
}

/// A best bid and ask: price and quantity of each.
#[derive(Debug, Clone, Copy)]
struct Quote {
    bid: f64,
    bids: f64,
    ask: f64,
    asks: f64,
}

impl Quote {
    /// What R. Cont, A. Kukanov and S. Stoikov, "The price impact of order book events" (2014), call e_n.
    #[inline(always)]
    fn flow_since(&self, before: &Self) -> f64 {
        let some = |is_counted: bool, quantity: f64| if is_counted { quantity } else { 0.0 };
        let bought =
            some(self.bid >= before.bid, self.bids) - some(self.bid <= before.bid, before.bids);
        let sold =
            some(self.ask <= before.ask, self.asks) - some(self.ask >= before.ask, before.asks);
        // 0, or NaN where one of the numbers is.
        let unknown = (self.sum() + before.sum()) * 0.0;
        bought - sold + unknown
    }

    #[inline(always)]
    fn sum(&self) -> f64 {
        (self.bid + self.bids) + (self.ask + self.asks)
    }
}

/// Sum of the order flow of the last `window` changes of the best bid and ask.
#[derive(Debug)]
pub(super) struct OrderFlow {
    before: Quote,
    flows: Ladder<Add, 1, 1>,
}

impl OrderFlow {
    pub(super) fn new(window: u32) -> Self {
        Self {
            before: Quote {
                bid: f64::NAN,
                bids: f64::NAN,
                ask: f64::NAN,
                asks: f64::NAN,
            },
            flows: Ladder::new(window),
        }
    }
}

impl Formula<4, 1> for OrderFlow {
    #[inline(always)]
    fn feed(&mut self, [bid, bids, ask, asks]: [&[f64]; 4], outputs: [&mut [f64]; 1]) {
        let [flows] = self.flows.bottom(bid.len());
        let bid = bid.iter().zip(bids);
        let ask = ask.iter().zip(asks);
        for ((flow, (&bid, &bids)), (&ask, &asks)) in flows.iter_mut().zip(bid).zip(ask) {
            let quote = Quote {
                bid,
                bids,
                ask,
                asks,
            };
            *flow = quote.flow_since(&self.before);
            self.before = quote;
        }
        self.flows.roll(outputs, |sum| sum);
    }
}
