//! Indicators over columns of `f64`: the one layer with float arithmetic.
//!
//! Each is a stream that is fed columns and gives as many results; a batch is a stream fed once. The
//! bits are the same whatever the calls the input is cut into and whatever the instruction set.
//! Rules that hold for all:
//!
//! * a result needs `window` values; before there are as many, it is NaN;
//! * windowed ones (sum, mean, variance, extremes …): a NaN makes exactly the windows that contain it NaN;
//! * recursive ones (EMA, RSI, MACD, ATR): a value that is not finite gives NaN and starts them anew,
//!   as if the series began after it.
#![allow(
    clippy::float_arithmetic,
    reason = "this is where float arithmetic belongs"
)]
#![allow(
    clippy::inline_always,
    reason = "a formula is compiled once for each instruction set only where all of it is inlined"
)]

mod ahead;
mod bars;
mod book;
mod carry;
mod dependence;
mod dispatch;
mod error;
mod extreme;
mod ladder;
mod make;
mod momentum;
mod passes;
mod segments;
mod smoothing;
mod stream;
mod sum;
mod taps;
mod toxicity;
mod variance;
mod volatility;
mod weighted;

#[cfg(test)]
mod tests;

pub use dispatch::Isa;
pub use error::IndicatorError;
pub use make::make;
pub use stream::Indicator;

/// Returns a column for a tile's intermediate values.
fn scratch() -> Vec<f64> {
    vec![0.0; stream::TILE]
}

/// Returns the first `count` places of a scratch column.
#[inline(always)]
fn first(column: &mut [f64], count: usize) -> &mut [f64] {
    column.get_mut(..count).unwrap_or(&mut [])
}
