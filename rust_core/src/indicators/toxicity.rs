//! Volume-synchronised probability of informed trading.

use super::stream::Formula;

/// VPIN of D. Easley, M. López de Prado and M. O'Hara (2012), with signed trades instead of classified
/// volume: Σ |bought - sold| over the last `window` buckets of equal volume, over their volume.
///
/// A trade that is larger than what is left of a bucket goes on in the next one.
#[derive(Debug)]
pub(super) struct InformedTrading {
    bucket_volume: f64,
    /// Of the bucket under way.
    filled: f64,
    balance: f64,
    /// |bought - sold| of the last buckets, in a ring.
    imbalances: Vec<f64>,
    next: usize,
    buckets: usize,
    value: f64,
}

impl InformedTrading {
    pub(super) fn new(window: u32, bucket_volume: f64) -> Self {
        Self {
            bucket_volume,
            filled: 0.0,
            balance: 0.0,
            imbalances: vec![0.0; window as usize],
            next: 0,
            buckets: 0,
            value: f64::NAN,
        }
    }

    fn begin_anew(&mut self) {
        self.filled = 0.0;
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
        let side = 1.0_f64.copysign(quantity);
        let volume = quantity.abs();
        let left = self.bucket_volume - self.filled;
        if volume < left {
            self.filled += volume;
            self.balance += quantity;
            return;
        }
        self.close(self.balance + side * left);
        let over = volume - left;
        // Of buckets that this trade fills alone only the last ones count.
        let mut whole = self.imbalances.len();
        let mut rest = over;
        while rest >= self.bucket_volume && whole > 0 {
            self.close(self.bucket_volume);
            rest -= self.bucket_volume;
            whole -= 1;
        }
        self.filled = over % self.bucket_volume;
        self.balance = side * self.filled;
        self.value = self.ratio();
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
