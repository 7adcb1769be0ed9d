//! The hot path of tapeline.
//!
//! Bytes that an exchange sent go in; exact, graded, encoded market-data batches come out. The core
//! is a pure function of its arguments: it opens no file or socket and reads no clock.
//!
//! The layers, each of which names only the ones before it (`tests/rust/architecture.rs` checks):
//!
//! 1. [`model`]: pure values: decimals, times, instruments, events, issue codes;
//! 2. [`adapters`]: one folder a venue and market: raw bytes to a raw record of the model;
//! 3. [`book`]: order books from their messages, and what of them is missing;
//! 4. [`cleaning`]: six stages from a raw record to a graded event, a duplicate or a quarantine record;
//! 5. [`wire`]: encoding to and decoding from `tapeline.market.v1`, Arrow export, topic names;
//! 6. [`engine`]: the one loop that joins them for a batch of frames;
//! 7. [`postgres`]: Arrow tables in PostgreSQL's binary COPY format; it knows no other layer;
//! 8. [`clickhouse`]: Arrow tables in ClickHouse's Native format; it knows no other layer either;
//! 9. [`parquet`]: Arrow tables as Parquet files; it knows no other layer;
//! 10. [`columns`]: columns of Arrow tables: decimals as floats, repeats, rows of several in one order; it knows no other layer;
//! 11. [`indicators`]: moving averages and the like over columns of floats; it knows no other layer;
//! 12. [`backtest`]: an account in a recorded market, over columns of f64; it knows no other layer;
//! 13. `bindings`: the Python face (Cargo feature `python`).

pub mod adapters;
pub mod backtest;
pub mod book;
pub mod cleaning;
pub mod clickhouse;
pub mod columns;
pub mod engine;
pub mod indicators;
pub mod model;
pub mod parquet;
pub mod postgres;
pub mod wire;

#[cfg(feature = "python")]
pub mod bindings;
