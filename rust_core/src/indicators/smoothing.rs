//! Exponential smoothing.
//!
//! `y += alpha (x - y)` makes each value wait for the one before it. Eight steps are therefore taken
//! at once, from the value before them: `y_j = r + (a^j (y_0 - r) + c_j)`, where `a = 1 - alpha`, `r` is
//! the first of the eight values and `c_j = a c_(j-1) + alpha (x_j - r)` needs no earlier result.
//! Differences from `r` keep equal values exactly equal, however long the series. Where a block of eight begins is
//! counted from the seed, so that the cut into calls does not show.

use super::stream::Formula;

const BLOCK: usize = 8;
/// Values beyond this are not smoothed: their differences could overflow, and stay for ever.
const LARGEST: f64 = 1e300;

/// An exponential average that is seeded with a mean and begins anew after a
/// value that is NaN, infinite or beyond ±1e300.
#[derive(Debug)]
pub(super) struct Smoother {
    window: u32,
    /// Values left out before those of the seed.
    delay: u32,
    alpha: f64,
    /// 1 - alpha, its powers 1 to 8.
    powers: [f64; BLOCK],
    seen: u32,
    seed: f64,
    block: Block,
}

/// The block of eight that is under way.
#[derive(Debug, Clone, Copy, Default)]
struct Block {
    /// The result before it.
    start: f64,
    first: f64,
    change: f64,
    done: usize,
}

impl Smoother {
    /// Smooths with 2 / (window + 1).
    pub(super) fn exponential(window: u32) -> Self {
        Self::new(window, 2.0 / (f64::from(window) + 1.0))
    }

    /// Smooths with 1 / window, as J. W. Wilder does.
    pub(super) fn wilder(window: u32) -> Self {
        Self::new(window, 1.0 / f64::from(window))
    }

    /// Leaves `delay` values out before the seed.
    pub(super) const fn delayed(mut self, delay: u32) -> Self {
        self.delay = delay;
        self
    }

    fn new(window: u32, alpha: f64) -> Self {
        let keep = 1.0 - alpha;
        let mut power = 1.0;
        let powers = core::array::from_fn(|_| {
            power *= keep;
            power
        });
        Self {
            window,
            delay: 0,
            // So that both add up to exactly 1.
            alpha: 1.0 - keep,
            powers,
            seen: 0,
            seed: 0.0,
            block: Block::default(),
        }
    }

    /// Writes the average after each value.
    #[inline(always)]
    pub(super) fn smooth(&mut self, values: &[f64], output: &mut [f64]) {
        let (mut values, mut output) = (values, output);
        let are_usable = values
            .iter()
            .fold(true, |all, value| all & is_usable(*value));
        while are_usable && !values.is_empty() {
            if self.is_warm() && self.block.done == 0 && self.window > 1 {
                let whole = values.len() / BLOCK * BLOCK;
                let (eights, rest) = values.split_at(whole);
                let (room, left) = output.split_at_mut(whole);
                self.blocks(eights, room);
                (values, output) = (rest, left);
            }
            let count = values.len().min(BLOCK - self.block.done);
            let (some, rest) = values.split_at(count);
            let (room, left) = output.split_at_mut(count);
            self.singly(some, room);
            (values, output) = (rest, left);
        }
        self.singly(values, output);
    }

    #[inline(always)]
    const fn is_warm(&self) -> bool {
        self.seen == self.delay.saturating_add(self.window)
    }

    #[inline(always)]
    fn singly(&mut self, values: &[f64], output: &mut [f64]) {
        for (value, output) in values.iter().zip(output) {
            *output = self.step(*value);
        }
    }

    #[inline(always)]
    fn blocks(&mut self, values: &[f64], output: &mut [f64]) {
        let keep = 1.0 - self.alpha;
        let mut start = self.block.start;
        let values = values.as_chunks::<BLOCK>().0;
        let output = output.as_chunks_mut::<BLOCK>().0;
        for (values, output) in values.iter().zip(output) {
            let [first, ..] = *values;
            let mut change = 0.0;
            for (change_after, value) in output.iter_mut().zip(values) {
                change = keep * change + self.alpha * (value - first);
                *change_after = change;
            }
            let away = start - first;
            for (output, power) in output.iter_mut().zip(self.powers) {
                *output = first + (power * away + *output);
            }
            let [.., last] = *output;
            start = last;
        }
        self.block.start = start;
    }

    #[inline(always)]
    fn step(&mut self, value: f64) -> f64 {
        if !is_usable(value) {
            self.seen = 0;
            self.seed = 0.0;
            self.block = Block::default();
            return f64::NAN;
        }
        if !self.is_warm() {
            return self.warm_up(value);
        }
        if self.window == 1 {
            return value;
        }
        let block = &mut self.block;
        if block.done == 0 {
            block.first = value;
            block.change = 0.0;
        }
        block.change = (1.0 - self.alpha) * block.change + self.alpha * (value - block.first);
        let power = self.powers.get(block.done).copied().unwrap_or(0.0);
        let result = block.first + (power * (block.start - block.first) + block.change);
        block.done += 1;
        if block.done == BLOCK {
            block.done = 0;
            block.start = result;
        }
        result
    }

    #[inline(always)]
    fn warm_up(&mut self, value: f64) -> f64 {
        self.seen += 1;
        if self.seen > self.delay {
            self.seed += value;
        }
        if !self.is_warm() {
            return f64::NAN;
        }
        self.block.start = self.seed / f64::from(self.window);
        self.block.start
    }
}

#[inline(always)]
fn is_usable(value: f64) -> bool {
    value.abs() <= LARGEST
}

/// Exponential moving average.
#[derive(Debug)]
pub(super) struct ExponentialMean(Smoother);

impl ExponentialMean {
    pub(super) fn new(window: u32) -> Self {
        Self(Smoother::exponential(window))
    }
}

impl Formula<1, 1> for ExponentialMean {
    #[inline(always)]
    fn feed(&mut self, [values]: [&[f64]; 1], [output]: [&mut [f64]; 1]) {
        self.0.smooth(values, output);
    }
}
