//! Makes an indicator by its name.

use super::bars::BarNumber;
use super::book::{BookImbalance, Microprice, OrderFlow, QuotedSpread};
use super::carry::FundingCarry;
use super::dependence::{Autocorrelation, KyleLambda};
use super::dispatch::Isa;
use super::error::IndicatorError;
use super::extreme::Extreme;
use super::ladder::MAX_WINDOW;
use super::momentum::{Convergence, RelativeStrength, TrueRange};
use super::smoothing::ExponentialMean;
use super::stream::{Formula, Indicator, Running};
use super::sum::{Mean, Sum, WeightedPrice};
use super::toxicity::InformedTrading;
use super::variance::{Bollinger, Variance};
use super::volatility::RealisedVolatility;
use super::weighted::WeightedMean;

type Made = Result<Box<dyn Indicator>, IndicatorError>;

/// Makes an indicator.
///
/// # Errors
/// [`IndicatorError::Unmade`], or a window or number that is out of range.
pub fn make(name: &str, windows: &[u32], numbers: &[f64], isa: Isa) -> Made {
    let isa = if Isa::all().contains(&isa) {
        isa
    } else {
        Isa::Scalar
    };
    for window in windows {
        at_most(*window)?;
    }
    let made = rolling(name, windows, numbers, isa)
        .or_else(|| smoothed(name, windows, numbers, isa))
        .or_else(|| of_trades(name, windows, numbers, isa))
        .or_else(|| of_books(name, windows, numbers, isa));
    made.unwrap_or_else(|| {
        Err(IndicatorError::Unmade {
            name: name.to_owned(),
            windows: windows.len(),
            numbers: numbers.len(),
        })
    })
}

fn rolling(name: &str, windows: &[u32], numbers: &[f64], isa: Isa) -> Option<Made> {
    Some(match (name, windows, numbers) {
        ("sum", &[window], []) => windowed(window, isa, Sum::new),
        ("sma", &[window], []) => windowed(window, isa, Mean::new),
        ("wma", &[window], []) => windowed(window, isa, WeightedMean::new),
        ("min", &[window], []) => windowed(window, isa, Extreme::<false>::new),
        ("max", &[window], []) => windowed(window, isa, Extreme::<true>::new),
        ("var", &[window, ddof], []) => windowed(window, isa, move |window| {
            Variance::<false>::new(window, ddof)
        }),
        ("std", &[window, ddof], []) => windowed(window, isa, move |window| {
            Variance::<true>::new(window, ddof)
        }),
        ("bollinger", &[window], &[deviations]) => positive("deviations", deviations)
            .and_then(|number| windowed(window, isa, move |window| Bollinger::new(window, number))),
        ("realised_volatility", &[window], &[factor]) => {
            positive("factor", factor).and_then(|factor| {
                with_window(window, isa, |window| {
                    RealisedVolatility::new(window, factor)
                })
            })
        }
        _ => return None,
    })
}

fn smoothed(name: &str, windows: &[u32], numbers: &[f64], isa: Isa) -> Option<Made> {
    Some(match (name, windows, numbers) {
        ("ema", &[window], []) => with_window(window, isa, ExponentialMean::new),
        ("rsi", &[window], []) => with_window(window, isa, RelativeStrength::new),
        ("atr", &[window], []) => with_window(window, isa, TrueRange::new),
        ("macd", &[fast, slow, signal], []) => at_least("fast", 1, fast)
            .and_then(|_| at_least("slow", fast.saturating_add(1), slow))
            .and_then(|_| at_least("signal", 1, signal))
            .map(|_| boxed(Convergence::new(fast, slow, signal), isa)),
        _ => return None,
    })
}

fn of_trades(name: &str, windows: &[u32], numbers: &[f64], isa: Isa) -> Option<Made> {
    Some(match (name, windows, numbers) {
        ("vwap", &[window], []) => windowed(window, isa, WeightedPrice::new),
        ("kyle_lambda", &[window], []) => with_window(window, isa, KyleLambda::new),
        ("autocorrelation", &[window, lag], []) => at_least("lag", 1, lag)
            .and_then(|lag| with_window(window, isa, |window| Autocorrelation::new(window, lag))),
        ("vpin", &[window], &[volume]) => positive("bucket_volume", volume).and_then(|volume| {
            with_window(window, isa, |window| InformedTrading::new(window, volume))
        }),
        ("bar_number", [], &[threshold]) => {
            positive("threshold", threshold).map(|number| boxed(BarNumber::new(number), isa))
        }
        ("funding_carry", &[window], []) => with_window(window, isa, FundingCarry::new),
        _ => return None,
    })
}

fn of_books(name: &str, windows: &[u32], numbers: &[f64], isa: Isa) -> Option<Made> {
    Some(match (name, windows, numbers) {
        ("order_flow_imbalance", &[window], []) => with_window(window, isa, OrderFlow::new),
        ("book_imbalance", [], []) => Ok(boxed(BookImbalance, isa)),
        ("microprice", [], []) => Ok(boxed(Microprice, isa)),
        ("spread", [], []) => Ok(boxed(QuotedSpread, isa)),
        _ => return None,
    })
}

fn with_window<F: Formula<I, O> + 'static, const I: usize, const O: usize>(
    window: u32,
    isa: Isa,
    formula: impl FnOnce(u32) -> F,
) -> Made {
    at_least("window", 1, window).map(|window| boxed(formula(window), isa))
}

/// As [`with_window`], of what is a function of the values in the window alone.
fn windowed<F: Formula<I, O> + 'static, const I: usize, const O: usize>(
    window: u32,
    isa: Isa,
    formula: impl Fn(u32) -> F + Send + Sync + 'static,
) -> Made {
    at_least("window", 1, window)
        .map(|window| Running::in_segments(window as usize - 1, move || formula(window), isa))
}

fn boxed<F: Formula<I, O> + 'static, const I: usize, const O: usize>(
    formula: F,
    isa: Isa,
) -> Box<dyn Indicator> {
    Running::boxed(formula, isa)
}

fn at_least(name: &'static str, least: u32, found: u32) -> Result<u32, IndicatorError> {
    if found >= least {
        return Ok(found);
    }
    Err(IndicatorError::Window {
        name,
        least,
        most: MAX_WINDOW,
        found,
    })
}

fn at_most(found: u32) -> Result<(), IndicatorError> {
    if found <= MAX_WINDOW {
        return Ok(());
    }
    Err(IndicatorError::Window {
        name: "window",
        least: 1,
        most: MAX_WINDOW,
        found,
    })
}

fn positive(name: &'static str, found: f64) -> Result<f64, IndicatorError> {
    if found > 0.0 && found.is_finite() {
        return Ok(found);
    }
    Err(IndicatorError::Number { name, found })
}
