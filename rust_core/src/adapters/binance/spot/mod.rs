//! Binance spot market streams.
//!
//! Source: Binance spot API documentation, "WebSocket Streams"; recorded frames win where they differ.

mod agg_trade;
mod cursor;
mod fields;
mod frame;
mod market;
mod trade;

pub use frame::{parse, parse_usual};
pub use market::Spot;

#[cfg(test)]
mod tests;
