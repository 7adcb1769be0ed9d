//! Shape-checked reading: the venue's usual spelling or nothing.

use crate::model::digit_run;

/// What is left of a frame. Every method that returns `None` or `false` means: not the usual spelling.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(frame: &'a [u8]) -> Self {
        Self { rest: frame }
    }

    /// Skips `literal` if it comes next.
    #[inline]
    pub(super) fn eat<const N: usize>(&mut self, literal: &[u8; N]) -> bool {
        match self.rest.split_first_chunk::<N>() {
            Some((next, after)) if next == literal => {
                self.rest = after;
                true
            }
            _ => false,
        }
    }

    /// Skips `literal`, which must come next.
    #[inline]
    pub(super) fn expect<const N: usize>(&mut self, literal: &[u8; N]) -> Option<()> {
        self.eat(literal).then_some(())
    }

    /// Takes the digits of a JSON integer of at most 19 digits.
    #[inline]
    pub(super) fn integer(&mut self) -> Option<&'a [u8]> {
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
    #[inline]
    pub(super) fn decimal_text(&mut self) -> Option<&'a [u8]> {
        let mut length = digit_run(self.rest);
        if self.rest.get(length) == Some(&b'.') {
            length += 1;
            length += digit_run(self.rest.get(length..)?);
        }
        self.take_text(length)
    }

    /// Takes text of printable ASCII without escapes, up to the quote that must follow.
    #[inline]
    pub(super) fn plain_text(&mut self) -> Option<&'a [u8]> {
        let length = self
            .rest
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f | 0x7f..))?;
        self.take_text(length)
    }

    #[inline]
    fn take_text(&mut self, length: usize) -> Option<&'a [u8]> {
        let (text, after) = self.rest.split_at_checked(length)?;
        self.rest = after.strip_prefix(b"\"")?;
        Some(text)
    }

    #[inline]
    pub(super) fn boolean(&mut self) -> Option<bool> {
        if self.eat(b"true") {
            return Some(true);
        }
        self.eat(b"false").then_some(false)
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }
}
