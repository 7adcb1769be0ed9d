//! Reads Parquet's mix of runs and packed bits.

const GROUP: usize = 8;
/// As many bytes as the longest half of a group has, 4 numbers of 32 bits.
const HALF: usize = 16;

/// Appends so many numbers of `width` bits; `None` when there are fewer, or it is no such mix.
pub(super) fn decode(bytes: &[u8], width: u32, count: usize, numbers: &mut Vec<u32>) -> Option<()> {
    if width > 32 {
        return None;
    }
    let mut rest = bytes;
    let mut left = count;
    while left > 0 {
        let (header, behind) = varint(rest)?;
        let length = usize::try_from(header >> 1).ok()?;
        let now;
        if header & 1 == 0 {
            let (value, behind) = run(behind, width)?;
            now = length.min(left);
            numbers.resize(numbers.len() + now, value);
            rest = behind;
        } else {
            let packed = length.checked_mul(usize::try_from(width).ok()?)?;
            now = length.checked_mul(GROUP)?.min(left);
            let (groups, behind) = behind.split_at(packed.min(behind.len()));
            unpack(groups, width, now, numbers)?;
            rest = behind;
        }
        if now == 0 {
            return None;
        }
        left -= now;
    }
    Some(())
}

fn run(bytes: &[u8], width: u32) -> Option<(u32, &[u8])> {
    let (value, rest) = bytes.split_at_checked(width.div_ceil(8) as usize)?;
    let mut whole = [0; 4];
    for (to, from) in whole.iter_mut().zip(value) {
        *to = *from;
    }
    Some((u32::from_le_bytes(whole), rest))
}

/// Appends packed numbers: eight of them fill as many bytes as each has bits.
fn unpack(bytes: &[u8], width: u32, count: usize, numbers: &mut Vec<u32>) -> Option<()> {
    let needed = (count as u64).checked_mul(u64::from(width))?.div_ceil(8);
    if (bytes.len() as u64) < needed {
        return None;
    }
    let begin = numbers.len();
    numbers.resize(begin + count.next_multiple_of(GROUP), 0);
    let (groups, _) = numbers.get_mut(begin..)?.as_chunks_mut::<GROUP>();
    let mut rest = bytes;
    for group in groups {
        let mut tail = [0; 2 * HALF];
        let window = if let Some(window) = rest.first_chunk() {
            window
        } else {
            for (to, from) in tail.iter_mut().zip(rest) {
                *to = *from;
            }
            &tail
        };
        unpack_group(window, width, group)?;
        rest = rest.get(width as usize..).unwrap_or_default();
    }
    numbers.truncate(begin + count);
    Some(())
}

#[inline(always)]
fn unpack_group(bytes: &[u8; 2 * HALF], width: u32, group: &mut [u32; GROUP]) -> Option<()> {
    let mask = u32::MAX.checked_shr(32 - width).unwrap_or_default();
    let [first, second] = group.as_chunks_mut::<4>().0 else {
        return None;
    };
    // The second half begins within a byte where the width is odd.
    let behind = bytes.get(width as usize / 2..)?.first_chunk::<HALF>()?;
    let halves = [
        u128::from_le_bytes(*bytes.first_chunk::<HALF>()?),
        u128::from_le_bytes(*behind) >> (4 * (width & 1)),
    ];
    for (numbers, half) in [first, second].into_iter().zip(halves) {
        if width <= 16 {
            let half = low(half);
            for (number, shift) in numbers.iter_mut().zip(0..) {
                *number = lowest(half >> (shift * width)) & mask;
            }
        } else {
            for (number, shift) in numbers.iter_mut().zip(0..) {
                *number = lowest(low(half >> (shift * width))) & mask;
            }
        }
    }
    Some(())
}

/// Returns the low half of a number.
#[inline(always)]
pub(super) fn low(number: u128) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = number.to_le_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

#[inline(always)]
fn lowest(number: u64) -> u32 {
    let [a, b, c, d, ..] = number.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// Reads a whole number of seven bits a byte, the lowest first.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    let mut rest = bytes;
    for shift in (0..64).step_by(7) {
        let (&byte, behind) = rest.split_first()?;
        rest = behind;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some((value, rest));
        }
    }
    None
}
