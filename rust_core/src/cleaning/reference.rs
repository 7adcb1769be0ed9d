//! Reference averages: what a usual price and a usual quantity are.

use crate::model::{Decimal, UnixNanos};

/// Prices and quantities are compared at this scale.
const SCALE: u32 = 18;
/// Prices that are collected before any is judged.
const COLD: usize = 31;
/// `price_band` is one twentieth of the market average: 5 %.
const BAND: i128 = 20;
/// The average is kept 1,024 times finer than its scale.
const SHIFT: u32 = 10;
/// `quantity_spike` is this many times the daily average.
const SPIKE: i128 = 10;
/// The quantity limit is made anew each time the day's count reaches a multiple of this.
const DAILY_STEP: u32 = 64;
/// The day's sum stays at or below this, so that `SPIKE` times it fits.
const SUM_LIMIT: i128 = 10_000_000_000_000_000_000_000_000_000_000_000_000;
const DAY_NS: i64 = 86_400_000_000_000;

/// What is odd about an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Remarks {
    pub(super) is_price_off: bool,
    pub(super) is_quantity_off: bool,
}

/// The averages of one stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Reference {
    price: PriceAverage,
    quantity: DailyQuantity,
}

impl Reference {
    /// Judges an event by the averages before it, then lets it move them.
    #[inline]
    pub(super) fn judge(&mut self, price: Decimal, quantity: Decimal, time: UnixNanos) -> Remarks {
        // Stage 4 has bounded both, so that they fit at this scale.
        let is_price_off = price
            .units_at(SCALE)
            .is_some_and(|price| self.price.judge(price));
        let is_quantity_off = quantity
            .units_at(SCALE)
            .is_some_and(|quantity| self.quantity.judge(quantity, time));
        Remarks {
            is_price_off,
            is_quantity_off,
        }
    }
}

/// The market average of price; cold until it has seen `COLD` prices.
#[derive(Clone, Debug, Default)]
struct PriceAverage {
    collected: Vec<i128>,
    /// The average times 1,024; `None` while cold.
    sum: Option<i128>,
}

impl PriceAverage {
    #[inline]
    fn judge(&mut self, price: i128) -> bool {
        let Some(sum) = &mut self.sum else {
            self.collect(price);
            return false;
        };
        let average = *sum >> SHIFT;
        // A price at scale 18 is below 10^35 and so is the average: nothing here comes near 2^127.
        let distance = price.wrapping_sub(average);
        let is_off = distance.wrapping_abs().wrapping_mul(BAND) > average;
        let limited = if is_off {
            average + distance.signum() * (average / BAND)
        } else {
            price
        };
        *sum = sum.wrapping_add(limited.wrapping_sub(average));
        is_off
    }

    #[cold]
    fn collect(&mut self, price: i128) {
        self.collected
            .reserve_exact(COLD - self.collected.len().min(COLD));
        self.collected.push(price);
        if self.collected.len() >= COLD {
            self.collected.sort_unstable();
            let median = self.collected.get(COLD / 2).copied();
            self.sum = median.map(|median| median << SHIFT);
            self.collected = Vec::new();
        }
    }
}

/// The daily average of quantity, by UTC day of the event's time.
#[derive(Clone, Debug, Default)]
struct DailyQuantity {
    /// Nanoseconds since 1970 of the latest day's start.
    day_start: Option<i64>,
    sum: i128,
    count: u32,
    limit: Option<i128>,
}

impl DailyQuantity {
    #[inline]
    fn judge(&mut self, quantity: i128, time: UnixNanos) -> bool {
        let is_off = self.limit.is_some_and(|limit| quantity > limit);
        let since = self.day_start.map(|start| time.get().wrapping_sub(start));
        if !since.is_some_and(|since| (0..DAY_NS).contains(&since)) && !self.turn_day(time) {
            return is_off;
        }
        let sum = self.sum + quantity;
        if sum <= SUM_LIMIT {
            self.sum = sum;
            self.count += 1;
            if self.count.is_multiple_of(DAILY_STEP) {
                self.limit = Some(SPIKE * sum / i128::from(self.count));
            }
        }
        is_off
    }

    /// Starts the day of `time`; returns whether that is not an earlier day than the latest.
    #[cold]
    fn turn_day(&mut self, time: UnixNanos) -> bool {
        if self.day_start.is_some_and(|start| time.get() < start) {
            return false;
        }
        self.day_start = Some(time.get() - time.get().rem_euclid(DAY_NS));
        self.sum = 0;
        self.count = 0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: i128 = 1_000_000_000_000_000_000;

    #[test]
    fn the_average_starts_at_the_median_and_a_wild_print_hardly_moves_it() {
        let mut average = PriceAverage::default();
        for _ in 0..16 {
            assert!(!average.judge(100 * ONE));
        }
        for _ in 0..15 {
            assert!(!average.judge(900 * ONE));
        }
        assert_eq!(average.sum, Some(100 * ONE * 1024));
        assert!(!average.judge(105 * ONE));
        assert!(average.judge(90_000 * ONE));
        assert!(average.sum.unwrap() < 101 * ONE * 1024);
        assert!(!average.judge(100 * ONE));
    }

    #[test]
    fn a_quantity_is_judged_by_its_day_once_64_were_seen() {
        let mut daily = DailyQuantity::default();
        let at = |day: i64| UnixNanos::new(day * DAY_NS + 5);
        for _ in 0..64 {
            assert!(!daily.judge(ONE, at(10)));
        }
        assert_eq!(daily.limit, Some(10 * ONE));
        assert!(!daily.judge(10 * ONE, at(10)));
        assert!(daily.judge(10 * ONE + 1, at(11)));
        assert_eq!((daily.count, daily.limit), (1, Some(10 * ONE)));
        assert!(daily.judge(11 * ONE, at(10)));
        assert_eq!(daily.count, 1);
    }
}
