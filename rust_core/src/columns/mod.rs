//! Whole columns at once: exact decimals as `f64` for whoever computes, repeats of events, and the
//! order of rows that come from several places.
#![allow(
    clippy::float_arithmetic,
    reason = "what it makes are floats, each the nearest to its decimal"
)]

mod batches;
mod decimal;
mod dispatch;
mod merge;
mod repeats;

pub use batches::{FloatsError, with_floats};
pub use decimal::PLACES;
pub use dispatch::{Isa, to_f64};
pub use merge::{Keys, merge_order};
pub use repeats::repeats;
