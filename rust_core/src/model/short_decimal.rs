//! Decimals of up to 16 characters, all of them at once (SWAR): no sign, no exponent, canonical.
//!
//! A text lies right-aligned in one or two words, a byte a character, as values: 0 to 9 for a digit.
//! Taking the point out moves the digits in front of it up by a byte; zeros at the end go by moving
//! all of them up.

use super::digits::{ZEROS, join, non_digits, right_aligned};

/// What a point is among values.
const POINT: u64 = (b'.' ^ b'0') as u64;

/// Reads 1 to 8 characters as units and scale; `None` unless they are digits with at most one point
/// between them, and no zero too many in front.
#[inline]
pub(super) fn read_8(text: &[u8]) -> Option<(u64, u8)> {
    let values = right_aligned(text)?;
    let others = non_digits(values);
    if let [b'0', b'0'..=b'9', ..] | [b'.', ..] = text {
        return None;
    }
    if others == 0 {
        return Some((join(values), 0));
    }
    // All of these count bits: 8 a character.
    let point = others.trailing_zeros() & !7;
    let places = 56_u32.wrapping_sub(point);
    if places == 0 || values.wrapping_shr(point) & 0xff != POINT {
        return None;
    }
    let before = 1_u64.wrapping_shl(point).wrapping_sub(1);
    let through = (before << 8_u32) | 0xff;
    let digits = ((values & before) << 8_u32) | (values & !through);
    if non_digits(digits) != 0 {
        return None;
    }
    let zeros = (digits.leading_zeros() & !7).min(places);
    let scale = u8::try_from(places.wrapping_sub(zeros) / 8).ok()?;
    Some((join(digits.wrapping_shl(zeros)), scale))
}

/// Reads 9 to 16 characters as [`read_8`] does.
#[inline]
pub(super) fn read_16(text: &[u8]) -> Option<(u64, u8)> {
    if let [b'0', b'0'..=b'9', ..] | [b'.', ..] = text {
        return None;
    }
    let values = right_aligned_16(text)?;
    let Some(point) = first_other(values) else {
        return Some((join_16(values), 0));
    };
    let places = 120_u32.checked_sub(point).filter(|places| *places > 0)?;
    if low(values.wrapping_shr(point)) & 0xff != POINT {
        return None;
    }
    let before = 1_u128.wrapping_shl(point).wrapping_sub(1);
    let through = (before << 8_u32) | 0xff;
    let digits = ((values & before) << 8_u32) | (values & !through);
    if first_other(digits).is_some() {
        return None;
    }
    let zeros = (digits.leading_zeros() & !7).min(places);
    let scale = u8::try_from(places.wrapping_sub(zeros) / 8).ok()?;
    Some((join_16(digits.wrapping_shl(zeros)), scale))
}

#[inline(always)]
fn right_aligned_16(text: &[u8]) -> Option<u128> {
    let shift = u32::try_from(16_usize.checked_sub(text.len())?)
        .ok()?
        .wrapping_mul(8);
    let first = u128::from(u64::from_le_bytes(*text.first_chunk()?) ^ ZEROS);
    let last = u128::from(u64::from_le_bytes(*text.last_chunk()?) ^ ZEROS) << 64_u32;
    Some(first.wrapping_shl(shift) | last)
}

/// Returns the place, in bits, of the first value that is no digit.
#[inline(always)]
const fn first_other(values: u128) -> Option<u32> {
    let others = non_digits(low(values));
    if others != 0 {
        return Some(others.trailing_zeros() & !7);
    }
    match non_digits(low(values >> 64_u32)) {
        0 => None,
        others => Some((others.trailing_zeros() & !7).wrapping_add(64)),
    }
}

#[inline(always)]
const fn join_16(values: u128) -> u64 {
    let high = join(low(values)).wrapping_mul(100_000_000);
    high.wrapping_add(join(low(values >> 64_u32)))
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "takes the words apart")]
const fn low(values: u128) -> u64 {
    values as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Decimal;

    fn read(text: &str) -> Option<(u64, u8)> {
        match text.len() {
            1..=8 => read_8(text.as_bytes()),
            _ => read_16(text.as_bytes()),
        }
    }

    proptest! {
        #[test]
        fn texts_are_read_as_the_general_reader_reads_them(
            text in prop_oneof!["[0-9]{1,8}", "[0-9.:/-]{1,16}", "(0|[1-9][0-9]{0,7})\\.[0-9]{1,7}"]
        ) {
            let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            let general = Decimal::parse(text.as_bytes()).ok().filter(|_| is_plain);
            let found = read(&text).map(|(units, scale)| (i128::from(units), scale));
            prop_assert_eq!(found, general.map(|value| (value.units(), value.scale())));
        }
    }
}
