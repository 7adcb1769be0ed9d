//! Makes an indicator by its name.

use super::dispatch::Isa;
use super::error::IndicatorError;
use super::ladder::MAX_WINDOW;
use super::smoothing::ExponentialMean;
use super::stream::{Formula, Indicator, Running};
use super::sum::{Mean, Sum, WeightedPrice};
use super::variance::{Bollinger, Variance};

/// Makes an indicator.
///
/// # Errors
/// [`IndicatorError::Unmade`], or a window or number that is out of range.
pub fn make(
    name: &str,
    windows: &[u32],
    numbers: &[f64],
    isa: Isa,
) -> Result<Box<dyn Indicator>, IndicatorError> {
    let isa = if Isa::all().contains(&isa) {
        isa
    } else {
        Isa::Scalar
    };
    let made = match (name, windows, numbers) {
        ("sum", &[window], []) => boxed(Sum::new(checked(window)?), isa),
        ("sma", &[window], []) => boxed(Mean::new(checked(window)?), isa),
        ("ema", &[window], []) => boxed(ExponentialMean::new(checked(window)?), isa),
        ("var", &[window, ddof], []) => boxed(Variance::<false>::new(checked(window)?, ddof), isa),
        ("std", &[window, ddof], []) => boxed(Variance::<true>::new(checked(window)?, ddof), isa),
        ("bollinger", &[window], &[deviations]) => boxed(
            Bollinger::new(checked(window)?, positive("deviations", deviations)?),
            isa,
        ),
        ("vwap", &[window], []) => boxed(WeightedPrice::new(checked(window)?), isa),
        _ => {
            return Err(IndicatorError::Unmade {
                name: name.to_owned(),
                windows: windows.len(),
                numbers: numbers.len(),
            });
        }
    };
    Ok(made)
}

fn boxed<F: Formula<I, O> + 'static, const I: usize, const O: usize>(
    formula: F,
    isa: Isa,
) -> Box<dyn Indicator> {
    Running::boxed(formula, isa)
}

fn checked(window: u32) -> Result<u32, IndicatorError> {
    at_least("window", 1, window)
}

fn at_least(name: &'static str, least: u32, found: u32) -> Result<u32, IndicatorError> {
    if (least..=MAX_WINDOW).contains(&found) {
        return Ok(found);
    }
    Err(IndicatorError::Window {
        name,
        least,
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
