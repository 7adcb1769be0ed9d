//! Whole columns at once: exact decimals as `f64` for whoever computes, and repeats of events.
#![allow(
    clippy::float_arithmetic,
    reason = "what it makes are floats, each the nearest to its decimal"
)]

mod batches;
mod decimal;
mod dispatch;
mod repeats;

pub use batches::{FloatsError, with_floats};
pub use decimal::PLACES;
pub use dispatch::{Isa, to_f64};
pub use repeats::repeats;
