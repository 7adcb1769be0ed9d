//! OKX, public data of API version 5.
//!
//! One connection carries every market, and its messages have one form: the markets' folders only say
//! who they are. Source: OKX API documentation as quoted by public clients; recorded frames win where
//! they differ (`docs/exchanges/okx-swap.md`).

mod books;
mod control;
mod funding;
mod liquidations;
mod message;
mod reply;
pub mod spot;
pub mod swap;
mod trades;

#[cfg(test)]
mod tests;
