//! What can be wrong with the making or the use of an indicator.

/// A parameter or an array that an indicator cannot work with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IndicatorError {
    /// No indicator has this name and takes so many parameters.
    #[error("no indicator {name:?} takes {windows} windows and {numbers} numbers")]
    Unmade {
        /// The name asked for.
        name: String,
        /// How many windows were given.
        windows: usize,
        /// How many numbers were given.
        numbers: usize,
    },
    /// A window is out of range.
    #[error("{name} must be {least} to {most}, was {found}")]
    Window {
        /// The parameter.
        name: &'static str,
        /// The smallest value that is allowed.
        least: u32,
        /// The largest one.
        most: u32,
        /// What was given.
        found: u32,
    },
    /// A number is out of range.
    #[error("{name} must be a finite number > 0, was {found}")]
    Number {
        /// The parameter.
        name: &'static str,
        /// What was given.
        found: f64,
    },
    /// Too few or too many arrays.
    #[error("expected {expected} {what} arrays, was given {found}")]
    Arrays {
        /// `input` or `output`.
        what: &'static str,
        /// How many the indicator has.
        expected: usize,
        /// How many there were.
        found: usize,
    },
    /// Arrays of different lengths.
    #[error("all arrays must have one length: the first has {expected} values, another {found}")]
    Lengths {
        /// Length of the first input.
        expected: usize,
        /// Another length.
        found: usize,
    },
}
