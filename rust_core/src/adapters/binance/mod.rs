//! Binance.

pub mod spot;
