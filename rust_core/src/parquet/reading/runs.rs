//! Reads Parquet's mix of runs and packed bits.

/// Gives so many numbers of `width` bits to `take`; `None` when there are fewer, or it is no such mix.
#[inline(always)]
pub(super) fn decode(
    bytes: &[u8],
    width: u32,
    count: usize,
    mut take: impl FnMut(u32),
) -> Option<()> {
    if width > 32 {
        return None;
    }
    let mut rest = bytes;
    let mut left = count;
    while left > 0 {
        let (header, behind) = varint(rest)?;
        let length = usize::try_from(header >> 1).ok()?;
        if header & 1 == 0 {
            let (value, behind) = run(behind, width)?;
            let now = length.min(left);
            if now == 0 {
                return None;
            }
            (0..now).for_each(|_| take(value));
            left -= now;
            rest = behind;
        } else {
            let packed = length.checked_mul(usize::try_from(width).ok()?)?;
            let now = length.checked_mul(8)?.min(left);
            if now == 0 {
                return None;
            }
            let (groups, behind) = behind.split_at(packed.min(behind.len()));
            unpack(groups, width, now, &mut take)?;
            left -= now;
            rest = behind;
        }
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

#[inline(always)]
fn unpack(bytes: &[u8], width: u32, count: usize, take: &mut impl FnMut(u32)) -> Option<()> {
    let needed = (count as u64).checked_mul(u64::from(width))?.div_ceil(8);
    if (bytes.len() as u64) < needed {
        return None;
    }
    let mask = u32::MAX.checked_shr(32 - width).unwrap_or_default();
    let (words, last) = bytes.as_chunks::<4>();
    let mut tail = [0; 4];
    for (to, from) in tail.iter_mut().zip(last) {
        *to = *from;
    }
    let mut words = words.iter().chain(std::iter::once(&tail));
    let (mut bits, mut held) = (0_u64, 0);
    for _ in 0..count {
        if held < width {
            let word = words.next().copied().unwrap_or_default();
            bits |= u64::from(u32::from_le_bytes(word)) << held;
            held += 32;
        }
        let [a, b, c, d, ..] = bits.to_le_bytes();
        take(u32::from_le_bytes([a, b, c, d]) & mask);
        bits >>= width;
        held -= width;
    }
    Some(())
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
