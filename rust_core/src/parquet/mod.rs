//! Arrow tables as Parquet files, for rows that are written as they come; and their decimals and
//! whole numbers read back, which is all that is read here.
//!
//! It writes the columns that stores have and nothing else: texts, byte strings, 128-bit decimals, whole
//! numbers, lists of them and maps of texts. What it writes is plain Parquet, format version 2.6, which
//! every reader knows. How a column is encoded follows from its type and its values:
//!
//! | column | encoding |
//! |---|---|
//! | dictionary of texts | its keys |
//! | whole numbers | differences |
//! | decimals, texts | a dictionary while it is worth while, else plain decimals and texts by what differs |
//! | byte strings | plain |
//!
//! A row group has one page a column, and a dictionary. A column is compressed where that saves
//! something. Each page has the CRC32 that the format knows, and reading compares it where it is there.
//! Headers and footer have none in the format: see `seal.rs`.

mod columns;
mod delta;
mod dictionary;
mod error;
mod file;
mod footer;
mod leaves;
mod levels;
mod order;
mod pages;
mod places;
mod reading;
mod rle;
mod schema;
mod seal;
mod statistics;
mod thrift;

#[cfg(test)]
mod tests;

pub use error::ParquetError;
pub use file::{Options, encode};
pub use order::time_order;
pub use reading::{Chunk, decimals, wholes};
