//! ASCII digits, eight at a time in one 64-bit word (SWAR): no `unsafe`, no table.

pub(super) const ZEROS: u64 = 0x3030_3030_3030_3030;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
/// Added to a digit's value it stays below 0x80; added to 10 or more it does not.
const LIMIT: u64 = 0x7676_7676_7676_7676;

/// Sets the high bit of each byte that is no digit; bits after the lowest set one mean nothing.
#[inline(always)]
pub(super) const fn non_digits(values: u64) -> u64 {
    (values.wrapping_add(LIMIT) | values) & HIGH_BITS
}

/// Returns how many digits `text` begins with.
#[inline]
#[must_use]
pub fn digit_run(text: &[u8]) -> usize {
    let mut rest = text;
    let mut count = 0_usize;
    while let Some((chunk, after)) = rest.split_first_chunk::<8>() {
        let others = non_digits(u64::from_le_bytes(*chunk) ^ ZEROS);
        if others != 0 {
            return count.wrapping_add((others.trailing_zeros() / 8) as usize);
        }
        count = count.wrapping_add(8);
        rest = after;
    }
    count.wrapping_add(rest.iter().take_while(|byte| byte.is_ascii_digit()).count())
}

/// Returns the number that 8 digit values make, the first in the lowest byte.
#[inline(always)]
pub(super) const fn join(values: u64) -> u64 {
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff
}

/// Returns the digit values of a text of 1 to 8 bytes, the last one in the highest byte, with zeros in
/// front; bytes that are no digits give values above 9.
#[inline(always)]
pub(super) fn right_aligned(text: &[u8]) -> Option<u64> {
    let shift = u32::try_from(8_usize.checked_sub(text.len())?)
        .ok()?
        .wrapping_mul(8);
    // Two words that overlap cover all bytes.
    let (first, last) = match text {
        [_, _, _, _, ..] => (
            u64::from(u32::from_le_bytes(*text.first_chunk()?)),
            u64::from(u32::from_le_bytes(*text.last_chunk()?)) << 32_u32,
        ),
        [first, second, .., last] => (
            u64::from(*first) | (u64::from(*second) << 8_u32),
            u64::from(*last) << 56_u32,
        ),
        [first, last] => (u64::from(*first), u64::from(*last) << 56_u32),
        [only] => (u64::from(*only), 0),
        [] => return None,
    };
    let ascii = first.wrapping_shl(shift) | last;
    Some(ascii ^ ZEROS.wrapping_shl(shift))
}

/// Returns the number that the first `count` (1 to 8) bytes of `chunk` write, `None` unless all are digits.
#[inline]
#[must_use]
pub fn leading_number(chunk: [u8; 8], count: usize) -> Option<u64> {
    let shift = u32::try_from(8_usize.wrapping_sub(count))
        .ok()?
        .wrapping_mul(8);
    let values = (u64::from_le_bytes(chunk) ^ ZEROS).checked_shl(shift)?;
    (non_digits(values) == 0).then(|| join(values))
}

/// Returns how many `0` characters end `chunk`.
#[inline]
#[must_use]
pub const fn trailing_zero_digits(chunk: [u8; 8]) -> u32 {
    (u64::from_le_bytes(chunk) ^ ZEROS).leading_zeros() / 8
}

/// Reads an unsigned integer: digits without a leading zero (or `0`), below 2^64.
#[inline(always)]
#[must_use]
pub fn parse_u64(text: &[u8]) -> Option<u64> {
    if text.first() == Some(&b'0') {
        return (text.len() == 1).then_some(0);
    }
    match text.len() {
        9..=16 => {
            let high = leading_number(*text.first_chunk()?, text.len().wrapping_sub(8))?;
            let low = leading_number(*text.last_chunk()?, 8)?;
            Some(high.wrapping_mul(100_000_000).wrapping_add(low))
        }
        1..=8 => {
            let values = right_aligned(text)?;
            (non_digits(values) == 0).then(|| join(values))
        }
        17..=20 => parse_each(text),
        _ => None,
    }
}

/// Reads digits one by one; `None` from 2^64 on.
#[inline(never)]
fn parse_each(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0_u64, |sum, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            None
        } else {
            sum.checked_mul(10)?.checked_add(u64::from(digit))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_digits_end_at_the_first_other_byte() {
        for length in 0..40 {
            for end in [
                &b""[..],
                b".",
                b"/",
                b":",
                b"\xff\xff",
                b"\0",
                b"\"123456789",
            ] {
                let text = [&b"1234567890".repeat(4)[..length], end].concat();
                assert_eq!(digit_run(&text), length, "{text:?}");
            }
        }
    }

    #[test]
    fn integers_are_read_exactly() {
        for number in [
            0,
            9,
            10,
            12_345_678,
            123_456_789,
            3_735_683_259,
            1_723_161_255_343,
            9_999_999_999_999_999,
            10_000_000_000_000_000,
            u64::MAX,
        ] {
            assert_eq!(parse_u64(number.to_string().as_bytes()), Some(number));
        }
        for text in [
            "",
            "00",
            "01",
            "-1",
            "+1",
            "1.0",
            "1e3",
            "12a",
            " 1",
            "1234567x90",
            "123456789012345x",
            "18446744073709551616",
            "99999999999999999999",
            "100000000000000000000",
        ] {
            assert_eq!(parse_u64(text.as_bytes()), None, "{text}");
        }
    }
}
