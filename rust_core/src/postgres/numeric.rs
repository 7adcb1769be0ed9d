//! Exact numbers as PostgreSQL sends them: groups of four decimal digits.

use super::CopyError;

/// Groups of four digits before the point that an `i128` with 18 digits behind it can need.
const WHOLE_GROUPS: usize = 6;
/// Groups behind the point; the last has two digits and two zeros.
const FRACTION_GROUPS: usize = 5;
const GROUPS: usize = WHOLE_GROUPS + FRACTION_GROUPS;
const SCALE: u16 = 18;
const GROUP: u64 = 10_000;
const GROUP_WIDE: i128 = 10_000;
const ONE: u64 = 1_000_000_000_000_000_000;
/// `ONE` without its factors of two: dividing 64 bits by it is five times faster than 128 bits by `ONE`.
const FIVES: u64 = ONE >> 18;
const NEGATIVE: u16 = 0x4000;
const POSITIVE: u16 = 0;

/// Appends a decimal with 18 digits after the point.
pub(super) fn write_decimal(out: &mut Vec<u8>, value: i128) {
    let (whole, fraction) = split(value.unsigned_abs());
    let mut groups = [0_u16; GROUPS];
    let (high, low) = groups.split_at_mut(WHOLE_GROUPS);
    match u64::try_from(whole) {
        Ok(whole) => fill(high, whole),
        Err(_) => fill_wide(high, whole),
    }
    if let Some((last, rest)) = low.split_last_mut() {
        *last = group(fraction % 100 * 100);
        fill(rest, fraction / 100);
    }
    let sign = if value < 0 { NEGATIVE } else { POSITIVE };
    write_groups(out, &groups, WHOLE_GROUPS, sign, SCALE);
}

/// Appends a whole number.
pub(super) fn write_integer(out: &mut Vec<u8>, value: u64) {
    let mut groups = [0_u16; FRACTION_GROUPS];
    fill(&mut groups, value);
    write_groups(out, &groups, FRACTION_GROUPS, POSITIVE, 0);
}

/// Whole part and 18 digits of fraction.
fn split(magnitude: u128) -> (u128, u64) {
    let one = u128::from(ONE);
    match u64::try_from(magnitude >> 18) {
        Ok(shifted) => {
            let whole = u128::from(shifted / FIVES);
            (
                whole,
                u64::try_from(magnitude - whole * one).unwrap_or_default(),
            )
        }
        Err(_) => (
            magnitude / one,
            u64::try_from(magnitude % one).unwrap_or_default(),
        ),
    }
}

fn fill(groups: &mut [u16], mut value: u64) {
    for slot in groups.iter_mut().rev() {
        if value == 0 {
            break;
        }
        *slot = group(value % GROUP);
        value /= GROUP;
    }
}

fn fill_wide(groups: &mut [u16], mut value: u128) {
    for slot in groups.iter_mut().rev() {
        *slot = u16::try_from(value % u128::from(GROUP)).unwrap_or_default();
        value /= u128::from(GROUP);
    }
}

fn group(value: u64) -> u16 {
    u16::try_from(value).unwrap_or_default()
}

/// Appends length, count, weight, sign, scale and the groups between the outermost that are not zero.
fn write_groups(out: &mut Vec<u8>, groups: &[u16], whole: usize, sign: u16, scale: u16) {
    let first = groups.iter().position(|group| *group != 0);
    let last = groups.iter().rposition(|group| *group != 0);
    let (used, weight) = match (first, last) {
        (Some(first), Some(last)) => (
            groups.get(first..=last).unwrap_or_default(),
            i16::try_from(whole).unwrap_or_default() - i16::try_from(first).unwrap_or_default() - 1,
        ),
        _ => (&[][..], 0),
    };
    let count = u16::try_from(used.len()).unwrap_or_default();
    out.extend_from_slice(&(8 + 2 * i32::from(count)).to_be_bytes());
    out.extend_from_slice(&count.to_be_bytes());
    out.extend_from_slice(&weight.to_be_bytes());
    out.extend_from_slice(&sign.to_be_bytes());
    out.extend_from_slice(&scale.to_be_bytes());
    for group in used {
        out.extend_from_slice(&group.to_be_bytes());
    }
}

/// Reads a number with at most 18 digits after the point, as a multiple of 10^-18.
pub(super) fn read_decimal(bytes: &[u8]) -> Result<i128, CopyError> {
    let (sign, weight, groups) = parts(bytes)?;
    let mut magnitude = 0_i128;
    let mut place = i32::from(weight);
    for group in groups {
        let value = i128::from(group);
        magnitude = match place {
            -4.. => magnitude
                .checked_mul(GROUP_WIDE)
                .and_then(|sum| sum.checked_add(value)),
            -5 if value % 100 == 0 => magnitude
                .checked_mul(100)
                .and_then(|sum| sum.checked_add(value / 100)),
            _ => None,
        }
        .ok_or(TOO_WIDE)?;
        place -= 1;
    }
    // `place` is one below that of the last group; the unit is two digits above group -5.
    let missing = if place <= -6 { 0 } else { 4 * (place + 5) + 2 };
    let missing = u32::try_from(missing).map_err(|_| TOO_WIDE)?;
    let scaled = if magnitude == 0 {
        Some(0)
    } else {
        10_i128
            .checked_pow(missing)
            .and_then(|factor| magnitude.checked_mul(factor))
    };
    let value = scaled.ok_or(TOO_WIDE)?;
    Ok(if sign == NEGATIVE { -value } else { value })
}

/// Reads a whole number that is not negative.
pub(super) fn read_integer(bytes: &[u8]) -> Result<u64, CopyError> {
    let value = read_decimal(bytes)?;
    let one = i128::from(ONE);
    if value % one != 0 {
        return Err(TOO_WIDE);
    }
    u64::try_from(value / one).map_err(|_| TOO_WIDE)
}

const TOO_WIDE: CopyError = CopyError::Malformed {
    what: "a number does not fit its column",
};

/// Sign, weight of the first group, and the groups.
fn parts(bytes: &[u8]) -> Result<(u16, i16, impl Iterator<Item = u16>), CopyError> {
    let malformed = CopyError::Malformed {
        what: "a number is cut off or not finite",
    };
    let mut words = bytes
        .chunks_exact(2)
        .filter_map(|pair| pair.try_into().ok().map(u16::from_be_bytes));
    let head = (words.next(), words.next(), words.next(), words.next());
    let (Some(count), Some(weight), Some(sign @ (POSITIVE | NEGATIVE)), Some(_)) = head else {
        return Err(malformed);
    };
    if bytes.len() != 8 + 2 * usize::from(count) {
        return Err(malformed);
    }
    Ok((sign, weight.cast_signed(), words))
}
