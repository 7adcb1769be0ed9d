//! Reads whole numbers of 64 bits that lie as differences, `DELTA_BINARY_PACKED`.

use super::headers::zigzag;
use super::runs::{low, varint};

/// A page holds no more: what says so is damaged.
const MOST_BLOCK: u64 = 1 << 20;

/// Appends `count` numbers; `None` when these bytes are not that many.
pub(super) fn decode(bytes: &[u8], count: usize, numbers: &mut Vec<i64>) -> Option<()> {
    if count == 0 {
        return Some(());
    }
    let (block, rest) = varint(bytes)?;
    let (parts, rest) = varint(rest)?;
    let (total, rest) = varint(rest)?;
    let (first, mut rest) = zigzag(rest)?;
    let part = block.checked_div(parts)?;
    let is_right = part > 0 && part.is_multiple_of(32) && part * parts == block;
    if !is_right || block > MOST_BLOCK || total != count as u64 {
        return None;
    }
    let (part, parts) = (usize::try_from(part).ok()?, usize::try_from(parts).ok()?);
    numbers.push(first);
    let mut last = first;
    let mut left = count - 1;
    while left > 0 {
        let (least, behind) = zigzag(rest)?;
        let (widths, behind) = behind.split_at_checked(parts)?;
        rest = behind;
        for &width in widths.iter().take(left.div_ceil(part)) {
            let (packed, behind) = rest.split_at_checked(usize::from(width) * (part / 8))?;
            let now = part.min(left);
            append(packed, width, (least, now), &mut last, numbers)?;
            left -= now;
            rest = behind;
        }
    }
    Some(())
}

/// Appends the sums of differences that are packed as what they have above the least one.
fn append(
    packed: &[u8],
    width: u8,
    (least, count): (i64, usize),
    last: &mut i64,
    numbers: &mut Vec<i64>,
) -> Option<()> {
    let begin = numbers.len();
    numbers.resize(begin + count, 0);
    let numbers = numbers.get_mut(begin..)?;
    if width == 0 {
        for number in numbers {
            *last = last.wrapping_add(least);
            *number = *last;
        }
        return Some(());
    }
    let mask = u64::MAX.checked_shr(64_u32.checked_sub(u32::from(width))?)?;
    let mut bit = 0;
    for number in numbers {
        let above = word(packed.get(bit / 8..)?) >> (bit % 8);
        let above = (low(above) & mask).cast_signed();
        *last = last.wrapping_add(least).wrapping_add(above);
        *number = *last;
        bit += usize::from(width);
    }
    Some(())
}

/// Returns the next 16 bytes as a number; behind the end are zeros.
#[inline(always)]
fn word(bytes: &[u8]) -> u128 {
    if let Some(whole) = bytes.first_chunk() {
        return u128::from_le_bytes(*whole);
    }
    let mut whole = [0; 16];
    for (to, from) in whole.iter_mut().zip(bytes) {
        *to = *from;
    }
    u128::from_le_bytes(whole)
}
