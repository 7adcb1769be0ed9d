//! RSI, MACD and ATR: what is made of exponential averages.

use super::extreme::larger;
use super::smoothing::Smoother;
use super::stream::Formula;

/// Relative strength index, 0 to 100, as J. W. Wilder smooths it; 0 where nothing moved.
#[derive(Debug)]
pub(super) struct RelativeStrength {
    before: f64,
    gain: Smoother,
    loss: Smoother,
    scratch: [Vec<f64>; 3],
}

impl RelativeStrength {
    pub(super) fn new(window: u32) -> Self {
        Self {
            before: f64::NAN,
            gain: Smoother::wilder(window),
            loss: Smoother::wilder(window),
            scratch: core::array::from_fn(|_| super::scratch()),
        }
    }
}

impl Formula<1, 1> for RelativeStrength {
    #[inline(always)]
    fn feed(&mut self, [values]: [&[f64]; 1], [output]: [&mut [f64]; 1]) {
        let count = values.len();
        let [gains, losses, lost] = self.scratch.each_mut().map(|c| super::first(c, count));
        for ((value, gain), loss) in values.iter().zip(&mut *gains).zip(&mut *losses) {
            let change = value - self.before;
            self.before = *value;
            // Exact, and NaN where the change is.
            *gain = (change.abs() + change) * 0.5;
            *loss = (change.abs() - change) * 0.5;
        }
        self.gain.smooth(gains, output);
        self.loss.smooth(losses, lost);
        for (gain, loss) in output.iter_mut().zip(lost) {
            let moved = *gain + *loss;
            *gain = if moved == 0.0 {
                0.0
            } else {
                100.0 * (*gain / moved)
            };
        }
    }
}

/// Difference of two exponential averages, its exponential average, and the difference of those.
#[derive(Debug)]
pub(super) struct Convergence {
    fast: Smoother,
    slow: Smoother,
    signal: Smoother,
    slow_means: Vec<f64>,
}

impl Convergence {
    /// Both averages begin with the same value, as in TA-Lib. `fast` is less than `slow`.
    pub(super) fn new(fast: u32, slow: u32, signal: u32) -> Self {
        Self {
            fast: Smoother::exponential(fast).delayed(slow.saturating_sub(fast)),
            slow: Smoother::exponential(slow),
            signal: Smoother::exponential(signal),
            slow_means: super::scratch(),
        }
    }
}

impl Formula<1, 3> for Convergence {
    #[inline(always)]
    fn feed(&mut self, [values]: [&[f64]; 1], [line, signal, histogram]: [&mut [f64]; 3]) {
        let slow = super::first(&mut self.slow_means, values.len());
        self.fast.smooth(values, line);
        self.slow.smooth(values, slow);
        for (line, slow) in line.iter_mut().zip(slow) {
            *line -= *slow;
        }
        self.signal.smooth(line, signal);
        for ((line, signal), histogram) in line.iter_mut().zip(signal).zip(histogram) {
            *histogram = *line - *signal;
            // All three begin together.
            if signal.is_nan() {
                *line = f64::NAN;
            }
        }
    }
}

/// Average true range, as J. W. Wilder smooths it, of high, low and close.
#[derive(Debug)]
pub(super) struct TrueRange {
    close_before: f64,
    mean: Smoother,
    ranges: Vec<f64>,
}

impl TrueRange {
    pub(super) fn new(window: u32) -> Self {
        Self {
            close_before: f64::NAN,
            mean: Smoother::wilder(window),
            ranges: super::scratch(),
        }
    }
}

impl Formula<3, 1> for TrueRange {
    #[inline(always)]
    fn feed(&mut self, [high, low, close]: [&[f64]; 3], [output]: [&mut [f64]; 1]) {
        let ranges = super::first(&mut self.ranges, high.len());
        if let ([range, ..], [high, ..], [low, ..]) = (&mut *ranges, high, low) {
            *range = true_range(*high, *low, self.close_before);
        }
        // Over slices that begin one apart, so that no row waits for the one before it.
        let rest = ranges.iter_mut().zip(high).zip(low).skip(1).zip(close);
        for (((range, high), low), before) in rest {
            *range = true_range(*high, *low, *before);
        }
        self.close_before = close.last().copied().unwrap_or(self.close_before);
        self.mean.smooth(ranges, output);
    }
}

#[inline(always)]
fn true_range(high: f64, low: f64, before: f64) -> f64 {
    let (above, below) = (high - before, low - before);
    larger(high - low, larger(above.abs(), below.abs()))
}
