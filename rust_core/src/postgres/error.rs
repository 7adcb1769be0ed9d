//! Why a table and the format do not fit each other.

use arrow_schema::ArrowError;

/// A table cannot be written in the format, or bytes are not in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// A column of a type without a counterpart.
    #[error("column {column} has the type {found}, which has no binary COPY form here")]
    UnknownType {
        /// The column.
        column: String,
        /// Its Arrow type, or the name asked for.
        found: String,
    },
    /// A field of 2 GiB or more.
    #[error("a field has {length} bytes, more than the format allows")]
    TooLarge {
        /// Its length.
        length: usize,
    },
    /// Not the format, or not with these columns.
    #[error("not binary COPY data of these columns: {what}")]
    Malformed {
        /// What is wrong.
        what: &'static str,
    },
    /// Arrow refused a table.
    #[error("not a readable Arrow table: {0}")]
    Arrow(#[from] ArrowError),
}
