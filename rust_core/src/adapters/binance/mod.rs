//! Binance.

pub mod coinm;
mod futures;
mod message;
mod reply;
pub mod spot;
mod stream_name;
pub mod usdm;
