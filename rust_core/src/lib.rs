//! The hot path of tapeline.
//!
//! Bytes that an exchange sent go in; exact, graded, encoded market-data batches come out. The core
//! is a pure function of its arguments: it opens no file or socket and reads no clock.
//!
//! The layers, each of which names only the ones before it (`tests/rust/architecture.rs` checks):
//!
//! 1. [`model`]: pure values: decimals, times, instruments, events, issue codes;
//! 2. [`adapters`]: one folder a venue and market: raw bytes to a raw record of the model;
//! 3. [`cleaning`]: six stages from a raw record to a graded event, a duplicate or a quarantine record;
//! 4. [`wire`]: encoding to and decoding from `tapeline.market.v1`, Arrow export, topic names;
//! 5. [`engine`]: the one loop that joins the four for a batch of frames;
//! 6. `bindings`: the Python face (Cargo feature `python`).

pub mod adapters;
pub mod cleaning;
pub mod engine;
pub mod model;
pub mod wire;

#[cfg(feature = "python")]
pub mod bindings;
