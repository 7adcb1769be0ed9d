//! The markets there are, one line each.

use super::normalizer::{Normalizer, Reply};
use super::ports::{Frames, Sink};
use crate::adapters::{Market, binance, bybit, okx};

macro_rules! markets {
    ($($name:ident = $market:ty;)*) => {
        /// A market of an exchange.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Venue { $($name,)* }

        impl Venue {
            const ALL: &'static [(Self, &'static str, &'static str)] = &[
                $((Self::$name, <$market as Market>::EXCHANGE, <$market as Market>::MARKET),)*
            ];
        }

        impl Normalizer {
            /// Reads the frames of a push with the parsers of the market, chosen once.
            #[inline]
            pub(super) fn read<F: Frames, S: Sink>(&mut self, frames: &F, sink: &mut S) {
                match self.venue() {
                    $(Venue::$name => self.read_as::<$market, F, S>(frames, sink),)*
                }
            }

            /// Reads the reply to a request.
            pub(super) fn read_reply<S: Sink>(&mut self, reply: &Reply<'_>, sink: &mut S) {
                match self.venue() {
                    $(Venue::$name => self.read_reply_as::<$market, S>(reply, sink),)*
                }
            }
        }
    };
}

markets! {
    BinanceSpot = binance::spot::Spot;
    BinanceUsdm = binance::usdm::Usdm;
    BinanceCoinm = binance::coinm::Coinm;
    OkxSpot = okx::spot::Spot;
    OkxSwap = okx::swap::Swap;
    BybitSpot = bybit::spot::Spot;
    BybitLinear = bybit::linear::Linear;
    BybitInverse = bybit::inverse::Inverse;
}

impl Venue {
    /// Returns the market of these tags.
    pub(super) fn find(exchange: &str, market: &str) -> Option<Self> {
        let known = Self::ALL.iter().find(|(_, its_exchange, its_market)| {
            (*its_exchange, *its_market) == (exchange, market)
        });
        known.map(|(venue, _, _)| *venue)
    }

    /// Returns the names of all markets, for a message.
    pub(super) fn names() -> String {
        let names = Self::ALL
            .iter()
            .map(|(_, exchange, market)| format!("{exchange} {market}"));
        names.collect::<Vec<_>>().join(", ")
    }
}
