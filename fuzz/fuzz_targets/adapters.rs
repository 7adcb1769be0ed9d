//! Any bytes are a frame of every market, and what the fast parser reads the general one reads alike.
#![no_main]

use _core::adapters::binance::{coinm::Coinm, spot::Spot as BinanceSpot, usdm::Usdm};
use _core::adapters::bybit::{inverse::Inverse, linear::Linear, spot::Spot as BybitSpot};
use _core::adapters::okx::{spot::Spot as OkxSpot, swap::Swap};
use _core::adapters::{Arena, Market};
use libfuzzer_sys::fuzz_target;

/// Reads `bytes` as a frame and as the reply to a request for a book.
fn read<M: Market>(bytes: &[u8], url: &str) {
    let arena = Arena::new();
    let whole = M::parse(bytes, &arena);
    if let Some(usual) = M::parse_usual(bytes, &arena) {
        assert_eq!(usual, whole);
    }
    let _ = M::parse_reply(url, bytes, &arena);
}

fuzz_target!(|bytes: &[u8]| {
    read::<BinanceSpot>(bytes, "https://api.binance.com/api/v3/depth?symbol=BTCUSDT");
    read::<Usdm>(
        bytes,
        "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT",
    );
    read::<Coinm>(bytes, "https://dapi.binance.com/dapi/v1/depth");
    read::<OkxSpot>(
        bytes,
        "https://www.okx.com/api/v5/market/books?instId=BTC-USDT",
    );
    read::<Swap>(
        bytes,
        "https://www.okx.com/api/v5/market/books?instId=BTC-USDT-SWAP",
    );
    read::<BybitSpot>(
        bytes,
        "https://api.bybit.com/v5/market/orderbook?symbol=BTCUSDT",
    );
    read::<Linear>(
        bytes,
        "https://api.bybit.com/v5/market/orderbook?symbol=BTCUSDT",
    );
    read::<Inverse>(
        bytes,
        "https://api.bybit.com/v5/market/orderbook?symbol=BTCUSD",
    );
});
