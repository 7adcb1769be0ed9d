//! A reusable byte buffer and the few protobuf primitives that the hot encoder needs.
//!
//! Values go out in whole machine words: a store of 8 or 16 bytes, of which only the first few
//! count. That is why every reservation has [`SLACK`] bytes to spare.

use core::ops::Range;

/// Bytes that a word-sized store may touch beyond what counts.
const SLACK: usize = 16;

const ASCII_ZEROS: u128 = 0x3030_3030_3030_3030_3030_3030_3030_3030;
const TEN_TO_8: u64 = 100_000_000;
const TEN_TO_16: u64 = 10_000_000_000_000_000;

/// Bytes written so far, in a `Vec` whose length is the most it ever held.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    used: usize,
}

impl Buffer {
    /// Returns what was written.
    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.used
    }

    /// Forgets what was written from byte `start` on and keeps the memory.
    pub(super) fn restart_at(&mut self, start: usize) {
        self.used = 0;
        self.reserve(start);
        self.used = start;
    }

    /// Writes bytes so that they end at byte `end`, and returns where they begin. What was there is
    /// lost; nothing counts as written that did not before.
    #[inline]
    pub(super) fn put_before(&mut self, end: usize, bytes: &[u8]) -> usize {
        let start = end.saturating_sub(bytes.len());
        let slot = self
            .bytes
            .get_mut(start..end)
            .filter(|slot| slot.len() == bytes.len());
        debug_assert!(slot.is_some(), "there is too little room in front");
        if let Some(slot) = slot {
            slot.copy_from_slice(bytes);
        }
        start
    }

    /// Moves bytes so that they end at byte `end`, and returns where they begin.
    pub(super) fn move_within(&mut self, bytes: Range<usize>, end: usize) -> usize {
        let start = end.saturating_sub(bytes.len());
        debug_assert!(bytes.end <= self.used && end <= self.used);
        self.bytes.copy_within(bytes, start);
        start
    }

    /// Returns the bytes from `start` to `end`, which are written already or in front of those.
    #[inline(always)]
    pub(super) fn written_before(&mut self, start: usize, end: usize) -> Option<&mut [u8]> {
        self.bytes.get_mut(start..end)
    }

    /// Makes room for `count` bytes, which must be enough for all that is put until the next call.
    #[inline(always)]
    pub(super) fn reserve(&mut self, count: usize) {
        let needed = self.used + count + SLACK;
        if needed > self.bytes.len() {
            self.grow(needed);
        }
    }

    #[cold]
    fn grow(&mut self, needed: usize) {
        self.bytes.resize(needed.next_power_of_two(), 0);
    }

    /// Writes a word and counts its first `count` bytes.
    #[inline(always)]
    pub(super) fn put<const N: usize>(&mut self, word: [u8; N], count: usize) {
        let slot = self
            .bytes
            .get_mut(self.used..)
            .and_then(|free| free.first_chunk_mut());
        debug_assert!(
            slot.is_some() && count <= N,
            "reserve() was called with too small a count"
        );
        if let Some(slot) = slot {
            *slot = word;
            self.used += count;
        }
    }

    /// Returns the next `N` bytes, of which [`Self::count`] makes some count.
    #[inline(always)]
    pub(super) fn next_chunk<const N: usize>(&mut self) -> Option<&mut [u8; N]> {
        self.bytes.get_mut(self.used..)?.first_chunk_mut()
    }

    /// Counts `count` bytes of [`Self::next_chunk`].
    #[inline(always)]
    pub(super) fn count(&mut self, count: usize) {
        self.used += count;
    }

    /// Writes bytes of any number.
    pub(super) fn put_slice(&mut self, bytes: &[u8]) {
        let end = self.used + bytes.len();
        let slot = self.bytes.get_mut(self.used..end);
        debug_assert!(
            slot.is_some(),
            "reserve() was called with too small a count"
        );
        if let Some(slot) = slot {
            slot.copy_from_slice(bytes);
            self.used = end;
        }
    }

    /// Writes a base-128 varint.
    #[inline(always)]
    pub(super) fn put_varint(&mut self, value: u64) {
        if let Some((word, count)) = short_varint(value) {
            self.put(word.to_le_bytes(), count);
        } else {
            self.put_long_varint(value);
        }
    }

    #[cold]
    fn put_long_varint(&mut self, value: u64) {
        let (bytes, length) = varint(value);
        self.put_slice(bytes.get(..length).unwrap_or_default());
    }

    /// Writes a one-byte tag and a fixed 64-bit value.
    #[inline(always)]
    pub(super) fn put_fixed64(&mut self, tag: u8, value: i64) {
        let word = u128::from(tag) | (u128::from(value.cast_unsigned()) << 8);
        self.put(word.to_le_bytes(), 9);
    }

    /// Writes a one-byte tag, a length and a number in decimal digits.
    #[inline(always)]
    pub(super) fn put_digits(&mut self, tag: u8, value: u64) {
        if value < TEN_TO_16 {
            let (word, count) = digits(value);
            self.put([tag, low_byte(count as u64)], 2);
            self.put(word.to_le_bytes(), count);
        } else {
            let (head, head_count) = digits(value / TEN_TO_16);
            self.put([tag, low_byte(head_count as u64 + 16)], 2);
            self.put(head.to_le_bytes(), head_count);
            self.put(sixteen_digits(value % TEN_TO_16).to_le_bytes(), 16);
        }
    }

    /// Begins a field with a length that is not known yet; [`Self::close`] writes it.
    #[inline(always)]
    pub(super) fn open(&mut self, tag: u8) -> Open {
        self.put([tag, 0], 2);
        Open {
            start: self.used,
            width: 1,
        }
    }

    /// As [`Self::open`], but leaves as many bytes for the length as `expected` takes: a long field
    /// whose length was guessed well enough need not be moved.
    #[inline(always)]
    pub(super) fn open_for(&mut self, tag: u8, expected: usize) -> Open {
        let width = varint_length(expected as u64);
        self.put(u128::from(tag).to_le_bytes(), width.wrapping_add(1));
        Open {
            start: self.used,
            width,
        }
    }

    /// Writes the length of a field that was begun.
    #[inline(always)]
    pub(super) fn close(&mut self, field: Open) {
        let length = self.used - field.start;
        if length < 0x80 && field.width == 1 {
            if let Some(slot) = self.bytes.get_mut(field.start - 1) {
                *slot = low_byte(length as u64);
            }
        } else {
            self.close_long(field, length);
        }
    }

    /// Moves the content when its length does not take just the bytes that were left for it.
    fn close_long(&mut self, field: Open, length: usize) {
        let (bytes, width) = varint(length as u64);
        let tag_end = field.start - field.width;
        let (start, end) = (tag_end + width, tag_end + width + length);
        if width != field.width {
            self.reserve(width);
            self.bytes.copy_within(field.start..self.used, start);
        }
        self.put_before(start, bytes.get(..width).unwrap_or_default());
        self.used = end;
    }
}

/// A field that was begun: where its content starts, and how many bytes were left for its length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    start: usize,
    width: usize,
}

/// Returns a varint of any length, and its length.
pub(super) fn varint(mut value: u64) -> ([u8; 10], usize) {
    let (mut bytes, mut length) = ([0; 10], 0);
    for byte in &mut bytes {
        length += 1;
        *byte = low_byte(value);
        value >>= 7;
        if value == 0 {
            break;
        }
        *byte |= 0x80;
    }
    (bytes, length)
}

/// Returns the number of bytes of a varint.
#[inline(always)]
pub(super) fn varint_length(value: u64) -> usize {
    (70 - (value | 1).leading_zeros() as usize) / 7
}

/// Returns a varint of at most 8 bytes as a little-endian word, and its length.
#[inline(always)]
pub(super) fn short_varint(value: u64) -> Option<(u64, usize)> {
    if value >= 1 << 56 {
        return None;
    }
    let length = varint_length(value);
    // Spreads groups of 7 bits to bytes: 56 -> 2 x 28 -> 4 x 14 -> 8 x 7.
    let word = ((value & 0x00ff_ffff_f000_0000) << 4) | (value & 0x0fff_ffff);
    let word = ((word & 0x0fff_c000_0fff_c000) << 2) | (word & 0x0000_3fff_0000_3fff);
    let word = ((word & 0x3f80_3f80_3f80_3f80) << 1) | (word & 0x007f_007f_007f_007f);
    let continues = 0x8080_8080_8080_8080 & ((1_u64 << (8 * (length - 1))) - 1);
    Some((word | continues, length))
}

#[inline(always)]
pub(super) fn low_byte(value: u64) -> u8 {
    value.to_le_bytes()[0]
}

/// A number in decimal digits, without an allocation.
#[derive(Debug)]
pub(super) struct DecimalText {
    bytes: [u8; 32],
    length: usize,
}

impl DecimalText {
    #[inline]
    pub(super) fn of(value: u64) -> Self {
        let mut bytes = [0; 32];
        let (first, length) = match value.checked_div(TEN_TO_16) {
            None | Some(0) => digits(value),
            Some(head) => digits(head),
        };
        // Whole blocks: bytes behind the digits are zero, or written over.
        if let Some(head) = bytes.first_chunk_mut() {
            *head = first.to_le_bytes();
        }
        let tail = bytes
            .get_mut(length..)
            .and_then(|tail| tail.first_chunk_mut());
        let length = match tail {
            Some(tail) if value >= TEN_TO_16 => {
                *tail = sixteen_digits(value % TEN_TO_16).to_le_bytes();
                length + 16
            }
            _ => length,
        };
        Self { bytes, length }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Returns the digits with zero bytes behind them, and their count.
    #[inline]
    pub(super) fn into_block(self) -> ([u8; 32], usize) {
        (self.bytes, self.length)
    }
}

/// Returns a number as left-aligned ASCII digits and their count, `None` from 10^16 on.
#[inline(always)]
pub(super) fn short_digits(value: u64) -> Option<(u128, usize)> {
    (value < TEN_TO_16).then(|| digits(value))
}

/// Returns a number below 10^16 as left-aligned ASCII digits and their count.
#[inline(always)]
fn digits(value: u64) -> (u128, usize) {
    let all = sixteen_digits(value);
    let leading_zeros = ((all ^ ASCII_ZEROS).trailing_zeros() / 8).min(15);
    (all >> (8 * leading_zeros), 16 - leading_zeros as usize)
}

/// Returns a number below 10^16 as 16 ASCII digits, the first in the lowest byte.
#[inline(always)]
fn sixteen_digits(value: u64) -> u128 {
    let high = eight_digits(value / TEN_TO_8);
    let low = eight_digits(value % TEN_TO_8);
    (u128::from(high) | (u128::from(low) << 64)) | ASCII_ZEROS
}

/// Splits a number below 10^8 into 8 bytes of 0 to 9, the first digit in the lowest byte.
#[inline(always)]
fn eight_digits(value: u64) -> u64 {
    // Lanes of 4, then 2, then 1 digits; each multiplication divides all lanes at once.
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let quotients = ((fours.wrapping_mul(10_486)) >> 20) & 0x0000_007f_0000_007f;
    let twos = quotients | (fours.wrapping_sub(quotients.wrapping_mul(100)) << 16);
    let quotients = (twos.wrapping_mul(103) >> 10) & 0x000f_000f_000f_000f;
    quotients | (twos.wrapping_sub(quotients.wrapping_mul(10)) << 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Buffer)) -> Vec<u8> {
        let mut buffer = Buffer::default();
        buffer.reserve(1_000);
        write(&mut buffer);
        buffer.as_slice().to_vec()
    }

    #[test]
    fn all_four_digit_numbers_have_their_digits() {
        for value in 0..10_000_u64 {
            let expected = format!("{value:04}0000");
            assert_eq!(
                (eight_digits(value * 10_000) | 0x3030_3030_3030_3030).to_le_bytes(),
                expected.as_bytes()
            );
        }
    }

    #[test]
    fn a_length_of_128_or_more_moves_the_content() {
        for length in [0, 1, 127, 128, 129, 16_383, 16_384, 70_000] {
            let content = vec![7_u8; length];
            let mut buffer = Buffer::default();
            buffer.reserve(length + 2);
            let start = buffer.open(0x42);
            buffer.put_slice(&content);
            buffer.close(start);
            let mut expected = vec![0x42];
            prost::encoding::encode_varint(length as u64, &mut expected);
            expected.extend_from_slice(&content);
            assert_eq!(buffer.as_slice(), expected);
            for guess in [0, 127, 128, 20_000, 3_000_000] {
                assert_eq!(
                    written(|buffer| {
                        buffer.reserve(length + 5);
                        let start = buffer.open_for(0x42, guess);
                        buffer.put_slice(&content);
                        buffer.close(start);
                    }),
                    expected,
                    "{length} bytes, {guess} guessed"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn varints_are_those_of_prost(value in any::<u64>(), shift in 0_u32..64) {
            let value = value >> shift;
            let mut expected = Vec::new();
            prost::encoding::encode_varint(value, &mut expected);
            prop_assert_eq!(varint_length(value), expected.len());
            let (bytes, length) = varint(value);
            prop_assert_eq!(bytes.get(..length), Some(&expected[..]));
            for padding in [0, 9] {
                let mut bytes = expected.clone();
                bytes.resize(expected.len() + padding, 0xff);
                let mut reader = crate::wire::reader::Reader::new(&bytes);
                prop_assert_eq!(reader.varint().ok(), Some(value));
                prop_assert_eq!(reader.is_empty(), padding == 0);
            }
            prop_assert_eq!(written(|buffer| buffer.put_varint(value)), expected);
        }

        #[test]
        fn digits_are_those_of_the_standard_library(value in any::<u64>(), shift in 0_u32..64) {
            let text = (value >> shift).to_string();
            let found = written(|buffer| buffer.put_digits(0x12, value >> shift));
            prop_assert_eq!(&found[2..], text.as_bytes());
            prop_assert_eq!(usize::from(found[1]), text.len());
            let decimal = DecimalText::of(value >> shift);
            prop_assert_eq!(decimal.as_bytes(), text.as_bytes());
        }
    }
}
