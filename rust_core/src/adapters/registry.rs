//! What the list of exchanges in `adapters/mod.rs` is made into.

use super::{Market, Venue};

/// Work that is compiled for each market; [`Venue::with`] chooses which one is done.
pub trait ForMarket {
    /// What comes of it.
    type Output;

    /// Does it for one market.
    fn call<M: Market>(self) -> Self::Output;
}

/// Declares the module of each exchange, and [`Venue`] with a variant for each of their markets.
macro_rules! exchanges {
    ($($exchange:ident: $($name:ident = $market:ident::$kind:ident),+;)+) => {
        $(pub mod $exchange;)+

        /// A market of an exchange.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Venue {
            $($(
                #[doc = concat!("`", stringify!($exchange), "::", stringify!($market), "`.")]
                $name,
            )+)+
        }

        impl Venue {
            /// Every market.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)+)+];

            /// Does `work` for this market.
            #[inline]
            pub fn with<W: ForMarket>(self, work: W) -> W::Output {
                match self {
                    $($(Self::$name => work.call::<$exchange::$market::$kind>(),)+)+
                }
            }
        }
    };
}

impl Venue {
    /// Returns the market of these tags.
    #[must_use]
    pub fn find(exchange: &str, market: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|venue| venue.with(Tags) == (exchange, market))
    }

    /// Returns the names of all markets, for a message.
    #[must_use]
    pub fn names() -> String {
        let tags = Self::ALL.iter().map(|venue| venue.with(Tags));
        let names = tags.map(|(exchange, market)| format!("{exchange} {market}"));
        names.collect::<Vec<_>>().join(", ")
    }
}

/// Asks a market for its tags.
struct Tags;

impl ForMarket for Tags {
    type Output = (&'static str, &'static str);

    fn call<M: Market>(self) -> Self::Output {
        (M::EXCHANGE, M::MARKET)
    }
}
