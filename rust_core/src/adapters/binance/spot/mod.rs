//! Binance spot market streams.
//!
//! Source: Binance spot API documentation, "WebSocket Streams"; recorded frames win where they differ.

mod agg_trade;
mod fields;
mod frame;
mod trade;

pub use frame::{parse, parse_usual};

#[cfg(test)]
mod tests;
