//! Decimals of 18 places to the nearest `f64`.
//!
//! A value is an integer `v`, and means `v / 10^18`. With `v` as the sum of two floats, `high + low`,
//! which is exact below 2^100, and `q = high / 10^18`, the remainder `high - q * 10^18` is a float too
//! and is had exactly. `q + (remainder + low) / 10^18` is then wrong by less than 2^-104 of itself. Where
//! it lies exactly between two floats nothing was rounded before, so the sum rounds to even as it
//! should; and no other quotient is nearer than 2^-100 of itself to such a middle, because
//! `v - middle * 10^18` is a multiple of a power of two that large.

/// Decimal places of every price and quantity.
pub const PLACES: i8 = 18;

const SCALE: f64 = 1e18;
const SPLITTER: f64 = 134_217_729.0;
const SCALE_HIGH: f64 = SCALE * SPLITTER - (SCALE * SPLITTER - SCALE);
const SCALE_LOW: f64 = SCALE - SCALE_HIGH;

const LOW_BITS: u32 = 50;
const LOW_MASK: u64 = (1 << LOW_BITS) - 1;
const LOW_UNIT: f64 = 1_125_899_906_842_624.0;
/// The bits of 2^52: a whole number below it, put into them, is that float plus the number.
const WHOLE_BITS: u64 = 0x4330_0000_0000_0000;
const WHOLE: f64 = 4_503_599_627_370_496.0;
/// Makes what may be negative a number of 52 bits.
const BIAS: u64 = 1 << 51;
/// From here on (as 64 bits and more) two floats do not hold a value.
const HIGH_LIMIT: u64 = 1 << 36;

/// Converts values, each given as its low and its high 64 bits; as many as both slices hold.
#[inline(always)]
pub(super) fn convert(values: &[[u64; 2]], floats: &mut [f64]) {
    let mut beyond = 0_u64;
    for (&[low, high], float) in values.iter().zip(floats.iter_mut()) {
        // Not 0 where the value is not within -2^100 .. 2^100.
        beyond |= high.wrapping_add(HIGH_LIMIT) & !(2 * HIGH_LIMIT - 1);
        *float = nearest(low, high);
    }
    if beyond != 0 {
        convert_large(values, floats);
    }
}

#[inline(always)]
fn nearest(low: u64, high: u64) -> f64 {
    let upper = (high << (64 - LOW_BITS)) | (low >> LOW_BITS);
    let biased = upper.wrapping_add(BIAS) & (2 * BIAS - 1);
    let upper = (f64::from_bits(WHOLE_BITS | biased) - (WHOLE + WHOLE / 2.0)) * LOW_UNIT;
    let lower = f64::from_bits(WHOLE_BITS | (low & LOW_MASK)) - WHOLE;
    let sum = upper + lower;
    let rest = lower - (sum - upper);
    let quotient = sum / SCALE;
    let remainder = remainder(sum, quotient);
    quotient + (remainder + rest) / SCALE
}

/// Returns `sum - quotient * SCALE`, exactly: the product in two parts, by Dekker's way.
#[inline(always)]
fn remainder(sum: f64, quotient: f64) -> f64 {
    let wide = quotient * SPLITTER;
    let high = wide - (wide - quotient);
    let low = quotient - high;
    let product = quotient * SCALE;
    let error =
        ((high * SCALE_HIGH - product) + high * SCALE_LOW + low * SCALE_HIGH) + low * SCALE_LOW;
    (sum - product) - error
}

/// Converts the values that two floats do not hold, by way of their digits.
#[cold]
fn convert_large(values: &[[u64; 2]], floats: &mut [f64]) {
    for (&[low, high], float) in values.iter().zip(floats.iter_mut()) {
        if high.wrapping_add(HIGH_LIMIT) & !(2 * HIGH_LIMIT - 1) != 0 {
            let value = ((u128::from(high) << 64) | u128::from(low)).cast_signed();
            *float = format!("{value}e-{PLACES}").parse().unwrap_or(f64::NAN);
        }
    }
}
