//! Bybit, public data of API version 5.
//!
//! Each category has an address of its own; the messages have one form, and a category says what its
//! trade ids are and whether it has funding. Source: the venue's documentation; recorded frames win
//! where they differ (`docs/exchanges/bybit-linear.md`).

mod books;
mod category;
mod control;
pub mod inverse;
pub mod linear;
mod liquidations;
mod message;
mod reply;
pub mod spot;
mod tickers;
mod trades;

#[cfg(test)]
mod tests;
