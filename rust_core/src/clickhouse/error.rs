//! Why a table cannot be written in the format.

use arrow_schema::ArrowError;

/// A table and the column types it should have do not fit each other.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NativeError {
    /// A type of ClickHouse that no table of ours has.
    #[error("{0:?} is no column type that is known here")]
    UnknownKind(String),
    /// There must be a type for each column.
    #[error("{columns} columns and {kinds} types")]
    Count {
        /// Columns of the table.
        columns: usize,
        /// Types that were given.
        kinds: usize,
    },
    /// An Arrow column that has no form as this type.
    #[error("a column of {found} cannot be written as {wanted}")]
    Mismatch {
        /// The type of ClickHouse.
        wanted: String,
        /// The Arrow type.
        found: String,
    },
    /// A null where the type has none.
    #[error("a null in a column of {wanted}")]
    Null {
        /// The type of ClickHouse.
        wanted: String,
    },
    /// Arrow refused a table.
    #[error("not a readable Arrow table: {0}")]
    Arrow(#[from] ArrowError),
}
