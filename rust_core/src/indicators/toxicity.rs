//! Volume-synchronised probability of informed trading.

use super::stream::Formula;

/// So small a part of a bucket is what rounding left: ten times 0.1 is less than 1 in floats. Bars of
/// volume have the same rule.
const ROUNDING: f64 = 1e-12;

/// A trade is a rounded number itself, which counts where it fills many buckets: so small a part of
/// it is what rounding left.
const ROUNDING_OF_TRADE: f64 = 4.0 * f64::EPSILON;

/// VPIN of D. Easley, M. López de Prado and M. O'Hara (2012), with signed trades instead of classified
/// volume: Σ |bought - sold| over the last `window` buckets of equal volume, over their volume.
///
/// A bucket closes at the trade that fills it, exactly or beyond; what a trade has beyond it goes on in
/// the next one.
#[derive(Debug)]
pub(super) struct InformedTrading {
    bucket_volume: f64,
    /// Of the bucket under way.
    filled: Exact,
    balance: f64,
    /// |bought - sold| of the last buckets, in a ring.
    imbalances: Vec<f64>,
    next: usize,
    buckets: usize,
    value: f64,
}

/// A sum with what rounding took from it: many small trades add up to what they are.
#[derive(Clone, Copy, Debug, Default)]
struct Exact {
    sum: f64,
    rest: f64,
}

impl Exact {
    const fn of(value: f64) -> Self {
        Self {
            sum: value,
            rest: 0.0,
        }
    }

    fn take_off(&mut self, other: Self) {
        self.add(-other.sum);
        self.add(-other.rest);
    }

    fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        let of_value = sum - self.sum;
        // What this addition rounds off (Knuth's two-sum).
        self.rest += (self.sum - (sum - of_value)) + (value - of_value);
        self.sum = sum;
    }

    fn value(self) -> f64 {
        self.sum + self.rest
    }
}

impl InformedTrading {
    pub(super) fn new(window: u32, bucket_volume: f64) -> Self {
        Self {
            bucket_volume,
            filled: Exact::default(),
            balance: 0.0,
            imbalances: vec![0.0; window as usize],
            next: 0,
            buckets: 0,
            value: f64::NAN,
        }
    }

    fn begin_anew(&mut self) {
        self.filled = Exact::default();
        self.balance = 0.0;
        self.next = 0;
        self.buckets = 0;
        self.value = f64::NAN;
    }

    fn take(&mut self, quantity: f64) {
        if !quantity.is_finite() {
            self.begin_anew();
            return;
        }
        let volume = quantity.abs();
        let mut left = Exact::of(self.bucket_volume);
        left.take_off(self.filled);
        let rounding = (ROUNDING * self.bucket_volume).max(ROUNDING_OF_TRADE * volume);
        if volume < left.value() - rounding {
            self.filled.add(volume);
            self.balance += quantity;
            return;
        }
        let side = 1.0_f64.copysign(quantity);
        self.close(self.balance + side * left.value().min(volume));
        let mut over = Exact::of(volume);
        over.take_off(left);
        self.filled = self.fill_alone(over, rounding);
        self.balance = side * self.filled.value();
        self.value = self.ratio();
    }

    /// Closes the buckets that the rest of a trade fills alone; returns what is left of it then.
    fn fill_alone(&mut self, over: Exact, rounding: f64) -> Exact {
        let volume = over.value();
        let mut whole = (volume / self.bucket_volume).floor();
        let mut rest = volume % self.bucket_volume;
        if self.bucket_volume - rest <= rounding {
            whole += 1.0;
            rest = 0.0;
        }
        // Only the last ones count.
        let mut count = self.imbalances.len();
        while whole >= 1.0 && count > 0 {
            self.close(self.bucket_volume);
            whole -= 1.0;
            count -= 1;
        }
        if rest <= rounding {
            Exact::default()
        } else if rest < volume {
            Exact::of(rest)
        } else {
            over
        }
    }

    fn close(&mut self, balance: f64) {
        if let Some(place) = self.imbalances.get_mut(self.next) {
            *place = balance.abs();
        }
        self.next += 1;
        if self.next == self.imbalances.len() {
            self.next = 0;
        }
        self.buckets = self.buckets.saturating_add(1);
    }

    /// Added up anew for every bucket, in the order of their closing: no error is carried along.
    fn ratio(&self) -> f64 {
        let count = self.imbalances.len();
        if self.buckets < count {
            return f64::NAN;
        }
        let (newer, older) = self
            .imbalances
            .split_at_checked(self.next)
            .unwrap_or_default();
        let mut sum = 0.0;
        let mut buckets = 0.0;
        for imbalance in older.iter().chain(newer) {
            sum += imbalance;
            buckets += 1.0;
        }
        sum / (buckets * self.bucket_volume)
    }
}

impl Formula<1, 1> for InformedTrading {
    fn feed(&mut self, [quantities]: [&[f64]; 1], [output]: [&mut [f64]; 1]) {
        for (quantity, output) in quantities.iter().zip(output) {
            self.take(*quantity);
            *output = self.value;
        }
    }
}
