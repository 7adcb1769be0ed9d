//! Shape-checked reading: the venue's usual spelling or nothing.

use crate::model::{digit_run, leading_number};

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// Sets the high bit of each byte that is a quote, a backslash or no printable ASCII character; bits
/// after the lowest set one mean nothing.
#[inline]
const fn text_ends(word: u64) -> u64 {
    // Subtracting borrows from the bytes above a match only; adding 1 carries out of 0xff only.
    let quotes = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES);
    let backslashes = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    let controls = word.wrapping_sub(ONES * 0x20);
    (quotes | backslashes | controls | word.wrapping_add(ONES) | word) & HIGH_BITS
}

/// What is left of a text. Every method that returns `None` or `false` means: not the usual spelling.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Starts at the first byte of `frame`.
    #[must_use]
    pub const fn new(frame: &'a [u8]) -> Self {
        Self { rest: frame }
    }

    /// Skips `literal` if it comes next.
    #[inline]
    pub fn eat<const N: usize>(&mut self, literal: &[u8; N]) -> bool {
        match self.rest.split_first_chunk::<N>() {
            Some((next, after)) if next == literal => {
                self.rest = after;
                true
            }
            _ => false,
        }
    }

    /// Skips `literal`, which must come next.
    ///
    /// Like the other methods it returns `None` where something else comes.
    #[inline]
    pub fn expect<const N: usize>(&mut self, literal: &[u8; N]) -> Option<()> {
        self.eat(literal).then_some(())
    }

    /// Takes the digits of a JSON integer of at most 19 digits.
    #[inline(always)]
    pub fn integer(&mut self) -> Option<&'a [u8]> {
        let (digits, after) = self.rest.split_at_checked(digit_run(self.rest))?;
        let is_usual = match digits {
            [] => false,
            [b'0', more @ ..] => more.is_empty(),
            _ => digits.len() <= 19,
        };
        self.rest = after;
        is_usual.then_some(digits)
    }

    /// Takes digits, then perhaps a point and digits, up to the quote that must follow.
    #[inline(always)]
    pub fn decimal_text(&mut self) -> Option<&'a [u8]> {
        let mut length = digit_run(self.rest);
        if self.rest.get(length) == Some(&b'.') {
            length = length.wrapping_add(1);
            let fraction = self.rest.get(length..)?;
            // The venue pads to 8 digits.
            if let Some((eight, [b'"', after @ ..])) = fraction.split_first_chunk()
                && leading_number(*eight, 8).is_some()
            {
                let text = self.rest.get(..length.wrapping_add(8));
                self.rest = after;
                return text;
            }
            length = length.wrapping_add(digit_run(fraction));
        }
        self.take_text(length)
    }

    /// Takes text of printable ASCII without escapes, up to the quote that must follow.
    #[inline(always)]
    pub fn plain_text(&mut self) -> Option<&'a [u8]> {
        let (mut rest, mut length) = (self.rest, 0_usize);
        while let Some((chunk, after)) = rest.split_first_chunk::<8>() {
            let ends = text_ends(u64::from_le_bytes(*chunk));
            if ends != 0 {
                return self.take_text(length.wrapping_add((ends.trailing_zeros() / 8) as usize));
            }
            length = length.wrapping_add(8);
            rest = after;
        }
        let is_end = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f | 0x7f..);
        self.take_text(length.wrapping_add(rest.iter().position(is_end)?))
    }

    #[inline]
    fn take_text(&mut self, length: usize) -> Option<&'a [u8]> {
        let (text, after) = self.rest.split_at_checked(length)?;
        self.rest = after.strip_prefix(b"\"")?;
        Some(text)
    }

    /// Takes `true` or `false`.
    #[inline]
    pub fn boolean(&mut self) -> Option<bool> {
        if self.eat(b"true") {
            return Some(true);
        }
        self.eat(b"false").then_some(false)
    }

    /// Takes the text of a number without an exponent.
    #[inline]
    pub fn number(&mut self) -> Option<&'a [u8]> {
        let is_negative = self.rest.first() == Some(&b'-');
        let digits = self.rest.get(usize::from(is_negative)..)?;
        let whole = digit_run(digits);
        let has_leading_zero = whole > 1 && digits.first() == Some(&b'0');
        if whole == 0 || has_leading_zero {
            return None;
        }
        let mut length = usize::from(is_negative).wrapping_add(whole);
        if self.rest.get(length) == Some(&b'.') {
            length = length.wrapping_add(1);
            let fraction = digit_run(self.rest.get(length..)?);
            if fraction == 0 {
                return None;
            }
            length = length.wrapping_add(fraction);
        }
        if matches!(self.rest.get(length), Some(b'e' | b'E')) {
            return None;
        }
        self.take(length)
    }

    /// Takes the next `length` bytes.
    #[inline]
    pub fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, after) = self.rest.split_at_checked(length)?;
        self.rest = after;
        Some(taken)
    }

    /// Returns the next byte without taking it.
    #[inline]
    #[must_use]
    pub const fn peek(&self) -> Option<u8> {
        match self.rest.first() {
            Some(byte) => Some(*byte),
            None => None,
        }
    }

    /// Takes the next byte.
    #[inline]
    pub fn byte(&mut self) -> Option<u8> {
        let (byte, after) = self.rest.split_first()?;
        self.rest = after;
        Some(*byte)
    }

    /// Returns what is left.
    #[inline]
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Returns whether nothing is left.
    #[inline]
    #[must_use]
    pub const fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }
}

/// Returns `text` without the `suffix` it must have.
#[inline]
#[must_use]
pub fn strip_suffix<'a, const N: usize>(text: &'a [u8], suffix: &[u8; N]) -> Option<&'a [u8]> {
    let (head, tail) = text.split_last_chunk::<N>()?;
    (tail == suffix).then_some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ends_at_the_first_byte_that_is_not_plain() {
        for place in 0..20 {
            for byte in 0..=u8::MAX {
                let mut text = [b'a'; 24];
                text[place] = byte;
                text[20..].copy_from_slice(b"\"\xff\"\0");
                let is_plain = matches!(byte, 0x20..=0x7e) && byte != b'"' && byte != b'\\';
                let expected = match byte {
                    b'"' => Some(place),
                    _ => is_plain.then_some(20),
                };
                let found = Cursor::new(&text).plain_text();
                assert_eq!(found.map(<[u8]>::len), expected, "{byte} at {place}");
            }
        }
    }
}
