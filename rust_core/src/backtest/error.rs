//! What is wrong with a block.

/// A block of columns that cannot be simulated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BacktestError {
    /// Columns of one table have different lengths.
    #[error("column {column} has {found} rows, expected {expected}")]
    Length {
        /// Its name.
        column: &'static str,
        /// Rows of the first column.
        expected: usize,
        /// Its own.
        found: usize,
    },
    /// A setting is outside of its range.
    #[error("{name} is out of range: {value}")]
    Setting {
        /// Its name.
        name: &'static str,
        /// What it was.
        value: f64,
    },
    /// The slippage asks for a column the market does not have.
    #[error("slippage needs {column} of the market")]
    Missing {
        /// Its name.
        column: &'static str,
    },
}

/// Fails unless a column has as many rows as the first.
pub(super) const fn check_length(
    column: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), BacktestError> {
    if expected == found {
        return Ok(());
    }
    Err(BacktestError::Length {
        column,
        expected,
        found,
    })
}
