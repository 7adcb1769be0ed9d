//! Tables in PostgreSQL's binary COPY format, from and to Arrow.
//!
//! The format is exact: a decimal is groups of four digits, never a float, and nothing passes through
//! text. A list or map without entries is written as NULL, which costs a row nothing.

mod cells;
mod decode;
mod encode;
mod error;
mod numeric;
mod texts;

#[cfg(test)]
mod tests;

pub use decode::{CopyReader, Kind};
pub use encode::CopyWriter;
pub use error::CopyError;

/// What the format begins with: its name, no flags, no extension.
const HEADER: [u8; 19] = *b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// Stands for the number of fields after the last row.
const TRAILER: i16 = -1;
/// Stands for the length of a NULL.
const NULL: i32 = -1;
/// Type numbers of array items, the same in every PostgreSQL.
const TEXT_OID: u32 = 25;
const NUMERIC_OID: u32 = 1700;
/// Nanoseconds from 1970, where Unix counts from, to 2000, where PostgreSQL does.
const EPOCH_SHIFT_US: i64 = 946_684_800_000_000;
