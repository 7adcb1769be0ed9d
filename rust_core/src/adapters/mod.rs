//! Venue adapters: the bytes of a frame in, a raw record of the model out. Nothing is judged here.
//!
//! One folder a venue, one a market, one file a channel; [`json`] is the reader they share. A new
//! exchange is a folder and a line of the list here, and edits no other.

mod asked_levels;
mod frame;
pub mod json;
mod naming;
mod repeats;
#[macro_use]
mod registry;

pub use asked_levels::{asked_levels, with_asked_levels};
pub use frame::{Arena, ControlKind, Frame, Market, Partly};
pub use registry::ForMarket;

// A line an exchange: its folder, then each of its markets, folder and type.
exchanges! {
    binance: BinanceSpot = spot::Spot, BinanceUsdm = usdm::Usdm, BinanceCoinm = coinm::Coinm;
    okx: OkxSpot = spot::Spot, OkxSwap = swap::Swap;
    bybit: BybitSpot = spot::Spot, BybitLinear = linear::Linear, BybitInverse = inverse::Inverse;
}
