//! What happens by time and not by a row: settlements, samples, windows that are left out.

use super::settings::Settings;

/// A payment of funding to come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Settlement {
    pub(super) time_ns: i64,
    pub(super) rate: f64,
    /// NaN: the price of the market.
    pub(super) mark: f64,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Due {
    /// Funding is paid.
    Settle(Settlement),
    /// A window begins after this time.
    Window(i64),
    /// The account is written down as of this time.
    Sample(i64),
}

#[derive(Debug)]
pub(super) struct Schedule {
    sample_ns: i64,
    /// The next multiple; none before the first row of the market.
    sample: i64,
    pending: Option<Settlement>,
    settled_ns: i64,
    windows: std::vec::IntoIter<i64>,
    window: i64,
}

/// A time that never comes.
const NEVER: i64 = i64::MAX;

impl Schedule {
    pub(super) fn new(settings: &Settings) -> Self {
        let mut windows = settings.window_starts.clone().into_iter();
        Self {
            sample_ns: settings.sample_ns,
            sample: NEVER,
            pending: None,
            settled_ns: i64::MIN,
            window: windows.next().unwrap_or(NEVER),
            windows,
        }
    }

    /// Begins to sample, after the first row of the market.
    pub(super) fn begin(&mut self, first_ns: i64) {
        let multiple = first_ns.checked_div_euclid(self.sample_ns).unwrap_or(0);
        self.sample = multiple.saturating_add(1).saturating_mul(self.sample_ns);
    }

    /// Notes what a funding state says of the next settlement.
    pub(super) const fn note(&mut self, time_ns: i64, next: Settlement) {
        let is_said = next.time_ns > time_ns && next.time_ns > self.settled_ns;
        if is_said && !next.rate.is_nan() {
            self.pending = Some(next);
        }
    }

    /// Returns the first time at which [`Self::pop`] may give something.
    pub(super) fn due_ns(&self) -> i64 {
        let settlement = self.pending.map_or(NEVER, |each| each.time_ns);
        let other = self.sample.min(self.window);
        settlement.min(other.saturating_add(1))
    }

    /// Returns the settlement to come, if it is before this time.
    pub(super) fn pop_settlement(&mut self, end_ns: i64) -> Option<Settlement> {
        self.pending.take_if(|each| each.time_ns < end_ns)
    }

    /// Returns what is due when a row of this time comes, the earliest first: settlements of that
    /// time, and windows and samples before it.
    pub(super) fn pop(&mut self, time_ns: i64) -> Option<Due> {
        let pending = self.pending.filter(|each| {
            each.time_ns <= time_ns && each.time_ns <= self.window && each.time_ns <= self.sample
        });
        if let Some(settlement) = pending {
            self.pending = None;
            self.settled_ns = settlement.time_ns;
            return Some(Due::Settle(settlement));
        }
        if self.window < time_ns && self.window <= self.sample {
            let start = self.window;
            self.window = self.windows.next().unwrap_or(NEVER);
            return Some(Due::Window(start));
        }
        if self.sample < time_ns {
            let at = self.sample;
            self.sample = at.saturating_add(self.sample_ns);
            return Some(Due::Sample(at));
        }
        None
    }
}
