//! Whole columns at once: exact decimals as `f64` for whoever computes, repeats of events, and rows
//! that come from several places in one order.
#![allow(
    clippy::float_arithmetic,
    reason = "what it makes are floats, each the nearest to its decimal"
)]

mod batches;
mod decimal;
mod dispatch;
mod error;
mod gather;
mod merge;
mod names;
mod repeats;
mod rows;
mod texts;

pub use batches::{FloatsError, with_floats};
pub use decimal::PLACES;
pub use dispatch::{Isa, to_f64};
pub use error::MergeError;
pub use merge::{Keys, Place, merge_order};
pub use names::Names;
pub use repeats::repeats;
pub use rows::{KEY_COLUMNS, merge_rows};
