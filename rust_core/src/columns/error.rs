//! Why rows of several sources do not become one.

use arrow_schema::{ArrowError, DataType};
use thiserror::Error;

/// Why rows cannot be merged.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MergeError {
    /// There is nothing to merge.
    #[error("no source has a row")]
    Empty,
    /// The first columns do not say what the order is.
    #[error("the first columns must be a time, three names, an offset and an index")]
    NoOrder,
    /// One column has two types.
    #[error("a column is {one} in one source and {other} in another")]
    Unlike {
        /// In the first source.
        one: DataType,
        /// In another.
        other: DataType,
    },
    /// No store has such a column.
    #[error("a column of {0} cannot be merged")]
    Unknown(DataType),
    /// The texts of a row, or the items of its list, are more than 32 bits count.
    #[error("a text or list is longer than Arrow's arrays can hold")]
    TooLong,
    /// Arrow's own.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}
