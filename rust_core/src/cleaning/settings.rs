//! What a caller chooses.

/// Unit of the times on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeUnit {
    /// Milliseconds.
    #[default]
    Milliseconds,
    /// Microseconds.
    Microseconds,
}

impl TimeUnit {
    /// Returns how many nanoseconds one unit has.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        match self {
            Self::Milliseconds => 1_000_000,
            Self::Microseconds => 1_000,
        }
    }
}

/// Thresholds of the cleaning pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Unit of `T` and `E`.
    pub time_unit: TimeUnit,
    /// How far ahead of the receive time an event may be, in nanoseconds.
    pub future_after_ns: i64,
    /// How far behind the receive time an event may be, in nanoseconds; 0 switches the rule off.
    pub stale_after_ns: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            time_unit: TimeUnit::Milliseconds,
            future_after_ns: 5_000_000_000,
            stale_after_ns: 60_000_000_000,
        }
    }
}
