//! Venue adapters: the bytes of a frame in, a raw record of the model out. Nothing is judged here.
//!
//! One folder a venue, one a market, one file a channel; [`json`] is the reader they share. A new
//! venue adds a folder and a line here and edits no other venue.

pub mod binance;
pub mod bybit;
mod frame;
pub mod json;
mod naming;
pub mod okx;

pub use frame::{Arena, ControlKind, Frame, Market};
