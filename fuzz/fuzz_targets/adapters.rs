//! Any bytes are a frame of every market, and what the fast parser reads the general one reads alike.
#![no_main]

use _core::adapters::{Arena, ForMarket, Market, Venue};
use libfuzzer_sys::fuzz_target;

/// Addresses of books, each of which some market knows.
const BOOKS: &[&str] = &[
    "https://api.binance.com/api/v3/depth?symbol=BTCUSDT",
    "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT",
    "https://dapi.binance.com/dapi/v1/depth",
    "https://www.okx.com/api/v5/market/books?instId=BTC-USDT",
    "https://api.bybit.com/v5/market/orderbook?symbol=BTCUSDT",
];

/// Reads bytes as a frame and as the replies to requests for books.
struct Read<'a>(&'a [u8]);

impl ForMarket for Read<'_> {
    type Output = ();

    fn call<M: Market>(self) {
        let arena = Arena::new();
        let whole = M::parse(self.0, &arena);
        if let Some(usual) = M::parse_usual(self.0, &arena) {
            assert_eq!(usual, whole);
        }
        for url in BOOKS {
            let _ = M::parse_reply(url, self.0, &arena);
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    for venue in Venue::ALL {
        venue.with(Read(bytes));
    }
});
