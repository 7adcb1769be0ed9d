//! Exact decimal numbers.

use super::digits::{digit_run, leading_number, trailing_zero_digits};
use super::short_decimal;

/// Most significant digits a [`Decimal`] holds.
pub const MAX_DIGITS: u32 = 38;

/// An exact decimal: `units x 10^-scale`.
///
/// Canonical: the fraction has no trailing zero, zero has scale 0. At most 38 significant digits and
/// a scale of at most 38. There is no way in or out through a float.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Decimal {
    units: i128,
    scale: u8,
}

/// Why a text is not a [`Decimal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecimalError {
    /// Not a JSON number.
    #[error("is not a decimal number")]
    Syntax,
    /// More than 38 significant digits.
    #[error("has more than 38 significant digits")]
    Precision,
    /// More than 38 digits after the point.
    #[error("has more digits after the point than fit")]
    Scale,
    /// An integer part of more than 38 digits.
    #[error("is too large")]
    Range,
}

/// Returns 10 to the power `exponent`, or `None` above 38.
#[must_use]
pub fn pow10(exponent: u32) -> Option<i128> {
    POWERS.get(usize::try_from(exponent).ok()?).copied()
}

/// 10^0 to 10^38: a look-up, because a multiplication chain shows in the time of a trade.
const POWERS: [i128; 39] = {
    let mut powers = [1; 39];
    let mut rest: &mut [i128] = &mut powers;
    let mut power = 1;
    while let Some((first, after)) = rest.split_first_mut() {
        *first = power;
        power = if after.is_empty() { power } else { power * 10 };
        rest = after;
    }
    powers
};

/// 10^0 to 10^8.
const SHORT_POWERS: [u64; 9] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
];

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { units: 0, scale: 0 };

    /// Makes the canonical decimal of `units x 10^-scale`.
    ///
    /// # Errors
    /// [`DecimalError::Precision`] when `units` has more than 38 digits,
    /// [`DecimalError::Scale`] when the canonical scale is above 38.
    pub fn new(units: i128, scale: u32) -> Result<Self, DecimalError> {
        let (mut units, mut scale) = (units, scale);
        if units == 0 {
            return Ok(Self::ZERO);
        }
        while scale > 0 && units % 10 == 0 {
            units /= 10;
            scale -= 1;
        }
        if units.unsigned_abs() >= 10_u128.pow(MAX_DIGITS) {
            return Err(DecimalError::Precision);
        }
        match u8::try_from(scale) {
            Ok(small) if scale <= MAX_DIGITS => Ok(Self {
                units,
                scale: small,
            }),
            _ => Err(DecimalError::Scale),
        }
    }

    /// Reads the usual spelling of a price: up to 18 digits with or without a point, no sign, no
    /// exponent. `None` for every other text, well-formed or not: ask [`Decimal::parse`] then.
    #[inline(always)]
    #[must_use]
    pub fn parse_short(text: &[u8]) -> Option<Self> {
        match (text.len().checked_sub(9), text.last_chunk::<9>()) {
            (Some(width @ 1..=8), Some([b'.', fraction @ ..])) => {
                Self::parse_eight(text, width, *fraction)
            }
            _ => Self::parse_digits(text),
        }
    }

    /// Reads `width` digits, a point and the 8 digits of `fraction`.
    #[inline(always)]
    fn parse_eight(text: &[u8], width: usize, fraction: [u8; 8]) -> Option<Self> {
        if width > 1 && text.first() == Some(&b'0') {
            return None;
        }
        let integer = leading_number(*text.first_chunk()?, width)?;
        let zeros = trailing_zero_digits(fraction);
        if zeros >= 8 {
            return Some(Self {
                units: i128::from(integer),
                scale: 0,
            });
        }
        let scale = 8_u32.wrapping_sub(zeros);
        let part = leading_number(fraction, usize::try_from(scale).ok()?)?;
        let factor = *SHORT_POWERS.get(usize::try_from(scale).ok()?)?;
        let units = integer.wrapping_mul(factor).wrapping_add(part);
        Some(Self {
            units: i128::from(units),
            scale: u8::try_from(scale).ok()?,
        })
    }

    /// Reads any number of digits after the point.
    #[inline]
    fn parse_digits(text: &[u8]) -> Option<Self> {
        let (units, scale) = match text.len() {
            0..=8 => short_decimal::read_8(text)?,
            9..=16 => short_decimal::read_16(text)?,
            _ => return Self::parse_each(text),
        };
        Some(Self {
            units: i128::from(units),
            scale,
        })
    }

    #[cold]
    #[inline(never)]
    fn parse_each(text: &[u8]) -> Option<Self> {
        let width = digit_run(text);
        let (integer, rest) = text.split_at_checked(width)?;
        let fraction = match rest {
            [] => rest,
            [b'.', fraction @ ..] if !fraction.is_empty() => fraction,
            _ => return None,
        };
        if width == 0
            || (width > 1 && integer.first() == Some(&b'0'))
            || width + fraction.len() > 18
        {
            return None;
        }
        let zeros = fraction
            .iter()
            .rev()
            .take_while(|byte| **byte == b'0')
            .count();
        let fraction = fraction.get(..fraction.len() - zeros)?;
        let units = integer
            .iter()
            .chain(fraction)
            .try_fold(0_u64, |sum, byte| {
                byte.is_ascii_digit()
                    .then(|| sum * 10 + u64::from(byte - b'0'))
            })?;
        Some(Self {
            units: i128::from(units),
            scale: u8::try_from(fraction.len()).ok()?,
        })
    }

    /// Returns the integer part of `value x 10^scale`.
    #[must_use]
    pub fn units(self) -> i128 {
        self.units
    }

    /// Returns the number of digits after the point, 0 to 38.
    #[must_use]
    pub fn scale(self) -> u8 {
        self.scale
    }

    /// Returns the value's units at another scale, or `None` when that would round or overflow.
    #[inline]
    #[must_use]
    pub fn units_at(self, scale: u32) -> Option<i128> {
        let power = pow10(scale.checked_sub(u32::from(self.scale))?)?;
        match (i64::try_from(self.units), i64::try_from(power)) {
            // The product of two numbers of 64 bits fits 128.
            (Ok(units), Ok(power)) => Some(i128::from(units).wrapping_mul(i128::from(power))),
            _ => self.units.checked_mul(power),
        }
    }

    /// Returns the exact product.
    ///
    /// # Errors
    /// [`DecimalError::Range`] when it has more than 38 digits, [`DecimalError::Scale`] when its
    /// scale is above 38.
    pub fn times(self, other: Self) -> Result<Self, DecimalError> {
        let scale = self.scale.saturating_add(other.scale);
        if let (Ok(one), Ok(two)) = (u64::try_from(self.units), u64::try_from(other.units))
            && let Some(units) = one.checked_mul(two)
            && u32::from(scale) <= MAX_DIGITS
        {
            return Ok(Self::of_small(units, scale));
        }
        let units = self.units.checked_mul(other.units);
        let product = Self::new(units.ok_or(DecimalError::Range)?, u32::from(scale));
        product.map_err(|error| match error {
            DecimalError::Precision => DecimalError::Range,
            other => other,
        })
    }

    /// Makes the canonical decimal: a division of 64 bits costs a tenth of one of 128.
    fn of_small(mut units: u64, mut scale: u8) -> Self {
        if units == 0 {
            return Self::ZERO;
        }
        while scale > 0 && units.is_multiple_of(10) {
            units /= 10;
            scale = scale.wrapping_sub(1);
        }
        Self {
            units: i128::from(units),
            scale,
        }
    }

    /// Parses decimal text in the grammar of a JSON number, exponents included. Never rounds.
    ///
    /// Linear in the length of the text, and no big number is ever built: `1e999999999` costs
    /// nothing.
    ///
    /// # Errors
    /// See [`DecimalError`].
    pub fn parse(text: &[u8]) -> Result<Self, DecimalError> {
        let parts = NumberText::split(text).ok_or(DecimalError::Syntax)?;
        parts.to_decimal()
    }
}

impl core::fmt::Display for Decimal {
    /// Writes plain decimal digits, never an exponent.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let digits = self.units.unsigned_abs();
        let base = 10_u128.pow(u32::from(self.scale));
        if self.scale == 0 {
            write!(f, "{sign}{digits}")
        } else {
            let width = usize::from(self.scale);
            write!(f, "{sign}{}.{:0width$}", digits / base, digits % base)
        }
    }
}

/// The parts of a JSON number's text.
struct NumberText<'a> {
    is_negative: bool,
    integer: &'a [u8],
    fraction: &'a [u8],
    /// Saturated: an exponent beyond the bound behaves like one at the bound.
    exponent: i64,
}

/// Far above any frame's length, so that no number of written digits makes up for it.
const EXPONENT_BOUND: i64 = 1_000_000_000_000;

impl<'a> NumberText<'a> {
    fn split(text: &'a [u8]) -> Option<Self> {
        let (is_negative, rest) = match text.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (integer, rest) = split_digits(rest);
        if integer.is_empty() || (integer.len() > 1 && integer.first() == Some(&b'0')) {
            return None;
        }
        let (fraction, rest) = match rest.strip_prefix(b".") {
            Some(rest) => split_digits(rest),
            None => (&[][..], rest),
        };
        if text.contains(&b'.') && fraction.is_empty() {
            return None;
        }
        let exponent = Self::exponent(rest)?;
        Some(Self {
            is_negative,
            integer,
            fraction,
            exponent,
        })
    }

    fn exponent(rest: &[u8]) -> Option<i64> {
        let Some(rest) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) else {
            return rest.is_empty().then_some(0);
        };
        let (sign, digits) = match rest.first() {
            Some(b'-') => (-1, rest.get(1..)?),
            Some(b'+') => (1, rest.get(1..)?),
            _ => (1, rest),
        };
        let (digits, after) = split_digits(digits);
        if digits.is_empty() || !after.is_empty() {
            return None;
        }
        let size = digits.iter().fold(0_i64, |sum, digit| {
            (sum * 10 + i64::from(digit - b'0')).min(EXPONENT_BOUND)
        });
        Some(sign * size)
    }

    fn to_decimal(&self) -> Result<Decimal, DecimalError> {
        let digits = || self.integer.iter().chain(self.fraction);
        let total = self.integer.len() + self.fraction.len();
        let leading = digits().take_while(|digit| **digit == b'0').count();
        if leading == total {
            return Ok(Decimal::ZERO);
        }
        let trailing = digits().rev().take_while(|digit| **digit == b'0').count();
        let significant = total - leading - trailing;
        if significant > 38 {
            return Err(DecimalError::Precision);
        }
        let units = digits()
            .skip(leading)
            .take(significant)
            .fold(0_i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
        let units = if self.is_negative { -units } else { units };
        let dropped = i64::try_from(trailing).map_err(|_| DecimalError::Precision)?;
        let fraction = i64::try_from(self.fraction.len()).map_err(|_| DecimalError::Precision)?;
        place(units, significant, self.exponent + dropped - fraction)
    }
}

/// Makes `units x 10^power` (units have `significant` digits and no trailing zero).
fn place(units: i128, significant: usize, power: i64) -> Result<Decimal, DecimalError> {
    if power >= 0 {
        let zeros = u32::try_from(power).map_err(|_| DecimalError::Range)?;
        if significant + usize::try_from(zeros).map_err(|_| DecimalError::Range)? > 38 {
            return Err(DecimalError::Range);
        }
        let factor = pow10(zeros).ok_or(DecimalError::Range)?;
        return Decimal::new(units.checked_mul(factor).ok_or(DecimalError::Range)?, 0);
    }
    let scale = u32::try_from(-power).map_err(|_| DecimalError::Scale)?;
    Decimal::new(units, scale)
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.split_at(count)
}

#[cfg(test)]
mod tests;
