//! Arrow tables in ClickHouse's Native format: columns as the engine itself holds them.
//!
//! It parses nothing and converts nothing, which costs it a fifth of what an Arrow file does. Texts of
//! which there are few go as a dictionary and places in it. Numbers are little-endian, as in Arrow.

mod column;
mod error;
mod kind;
mod low_cardinality;
mod texts;
mod varint;
mod write;

#[cfg(test)]
mod tests;

pub use error::NativeError;
pub use write::NativeWriter;
