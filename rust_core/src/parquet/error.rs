//! What cannot be written.

use thiserror::Error;

/// Why there is no file.
#[derive(Debug, Error)]
pub enum ParquetError {
    /// A row is null where its column says that none is.
    #[error("column {column} has no value in a row and must have one")]
    Null {
        /// Name of the column.
        column: String,
    },
    /// Parquet counts the bytes of a page with 31 bits.
    #[error("column {column} has more than 2 GiB in one row group")]
    TooLarge {
        /// Name of the column.
        column: String,
    },
    /// A column of a type that no store has.
    #[error("column {column} has a type that is not written: {kind}")]
    Unsupported {
        /// Name of the column.
        column: String,
        /// Its Arrow type.
        kind: String,
    },
    /// An order for rows that do not lie in one piece, or of rows that are not there.
    #[error("an order needs rows in one piece, and to name only those")]
    Order,
    /// The compressor has failed.
    #[error("zstd: {0}")]
    Compression(#[from] std::io::Error),
}
