//! What an account makes of a market: targets or orders in, fills, equity, payments and trips out.
//!
//! One [`Simulator`] follows one instrument, block after block of columns, and keeps its state in
//! between: cutting the rows otherwise changes no bit of the result. A row of the market is worked
//! on in this order: what is due by time (funding, samples of the account, windows that are left
//! out), signals whose latency has passed, then the fill that is still wanted.
#![allow(
    clippy::float_arithmetic,
    reason = "money of a simulated account is f64: exact values end where compute begins"
)]

mod account;
mod contract;
mod error;
mod market;
mod orders;
mod quoting;
mod records;
mod schedule;
mod settings;
mod signals;
mod simulator;
mod trips;

pub use error::BacktestError;
pub use market::{FundingRows, Market, Side};
pub use records::Records;
pub use settings::{Settings, Slippage, VolumeCap};
pub use signals::Signals;
pub use simulator::Simulator;
