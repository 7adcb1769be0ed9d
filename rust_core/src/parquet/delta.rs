//! Parquet's encodings by differences: of numbers, and of texts to the one before.

use super::places::Places;
use super::rle::{Bits, width_of};
use super::thrift::{varint, zigzag};

const BLOCK: usize = 128;
const MINIBLOCKS: usize = 4;
const MINIBLOCK: usize = BLOCK / MINIBLOCKS;

/// The size of a number: differences wrap around at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    Four,
    Eight,
}

impl Size {
    /// Returns the difference as a signed number of this size.
    #[inline(always)]
    fn wrapped(self, difference: i64) -> i64 {
        match self {
            Self::Four => (difference << 32) >> 32,
            Self::Eight => difference,
        }
    }

    /// Returns how far a difference is above the least one.
    #[inline(always)]
    fn above(self, difference: i64, least: i64) -> u64 {
        let above = difference.wrapping_sub(least).cast_unsigned();
        match self {
            Self::Four => above & 0xffff_ffff,
            Self::Eight => above,
        }
    }
}

/// Appends numbers as `DELTA_BINARY_PACKED`.
pub(super) fn encode_numbers(values: &[i64], size: Size, out: &mut Vec<u8>) {
    varint(BLOCK as u64, out);
    varint(MINIBLOCKS as u64, out);
    varint(values.len() as u64, out);
    let Some((first, following)) = values.split_first() else {
        return zigzag(0, out);
    };
    zigzag(*first, out);
    let mut differences = [0; BLOCK];
    let before = values.chunks(BLOCK);
    for (before, block) in before.zip(following.chunks(BLOCK)) {
        let pairs = before.iter().zip(block);
        for (slot, (before, value)) in differences.iter_mut().zip(pairs) {
            *slot = size.wrapped(value.wrapping_sub(*before));
        }
        encode_block(
            differences.get(..block.len()).unwrap_or_default(),
            size,
            out,
        );
    }
}

fn encode_block(differences: &[i64], size: Size, out: &mut Vec<u8>) {
    let least = differences.iter().copied().min().unwrap_or_default();
    zigzag(least, out);
    let mut widths = [0_u8; MINIBLOCKS];
    for (width, some) in widths.iter_mut().zip(differences.chunks(MINIBLOCK)) {
        let all = some.iter();
        let all = all.fold(0, |all, each| all | size.above(*each, least));
        *width = u8::try_from(width_of(all)).unwrap_or_default();
    }
    out.extend_from_slice(&widths);
    for (width, some) in widths.into_iter().zip(differences.chunks(MINIBLOCK)) {
        if width == 0 {
            continue;
        }
        let (width, mut bits) = (u32::from(width), Bits::default());
        for each in some {
            bits.push(size.above(*each, least), width, out);
        }
        for _ in some.len()..MINIBLOCK {
            bits.push(0, width, out);
        }
        bits.finish(out);
    }
}

/// Appends texts as `DELTA_BYTE_ARRAY`: how much each has in common with the one before it, and the rest.
pub(super) fn encode_texts<'a>(
    text_at: impl Fn(usize) -> &'a [u8],
    places: &Places<'_>,
    out: &mut Vec<u8>,
) {
    let mut shared = Vec::with_capacity(places.len());
    let mut lengths = Vec::with_capacity(places.len());
    let mut rests = Vec::with_capacity(places.len() * 4);
    let mut before: &[u8] = &[];
    places.rows(|row| {
        let text = text_at(row);
        let same = common_prefix(before, text);
        let rest = text.get(same..).unwrap_or_default();
        shared.push(length(same));
        lengths.push(length(rest.len()));
        append(rest, &mut rests);
        before = text;
    });
    encode_numbers(&shared, Size::Four, out);
    encode_numbers(&lengths, Size::Four, out);
    out.append(&mut rests);
}

/// Appends bytes, of which there are few: a copy of known length is a few instructions, any other a call.
#[inline(always)]
fn append(bytes: &[u8], out: &mut Vec<u8>) {
    match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) if bytes.len() <= 16 => {
            out.extend_from_slice(first);
            // The rest overlaps with what is there.
            out.truncate(out.len() + bytes.len() - 16);
            out.extend_from_slice(last);
        }
        (Some(_), _) => out.extend_from_slice(bytes),
        (None, _) => bytes.iter().for_each(|byte| out.push(*byte)),
    }
}

#[inline(always)]
fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    let words = one.chunks_exact(8).zip(other.chunks_exact(8));
    let mut same = 0;
    for (one, other) in words {
        let differing = word(one) ^ word(other);
        if differing != 0 {
            return same + differing.trailing_zeros() as usize / 8;
        }
        same += 8;
    }
    let one = one.get(same..).unwrap_or_default();
    let other = other.get(same..).unwrap_or_default();
    let tails = one.iter().zip(other);
    same + tails.take_while(|(one, other)| one == other).count()
}

#[inline(always)]
fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().unwrap_or_default())
}

/// Arrow's texts have at most 2 GiB together.
fn length(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or_default()
}
