//! The reader of a venue's usual spelling: compact ASCII without escapes, or nothing.

use bumpalo::collections::Vec as ArenaVec;

use super::cursor::Cursor;
use super::reader::{Kind, Reader};
use crate::adapters::Arena;
use crate::model::{IssueCode, RawField, RawLevel};

/// Nesting that is skipped; deeper is unusual.
const DEEPEST: u32 = 8;

/// Room for the levels of one side before it grows.
const FEW_LEVELS: usize = 32;

/// The text is not in the usual spelling, or it is at fault: ask [`Tolerant`](super::Tolerant).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unusual;

/// Reads compact text of printable ASCII without escapes, and numbers without exponents.
///
/// It checks the grammar of what it takes, so a text that it read to the end is JSON.
#[derive(Clone, Copy, Debug)]
pub struct Usual<'a> {
    cursor: Cursor<'a>,
    arena: &'a Arena,
}

impl<'a> Usual<'a> {
    /// Starts at the first byte of `text`.
    #[must_use]
    pub const fn new(text: &'a [u8], arena: &'a Arena) -> Self {
        Self::at(Cursor::new(text), arena)
    }

    /// Goes on where `cursor` is.
    #[must_use]
    pub const fn at(cursor: Cursor<'a>, arena: &'a Arena) -> Self {
        Self { cursor, arena }
    }

    /// Skips `literal` if it comes next.
    #[inline]
    pub fn eat<const N: usize>(&mut self, literal: &[u8; N]) -> bool {
        self.cursor.eat(literal)
    }

    fn skip_nested(&mut self, depth: u32) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match self.cursor.peek()? {
            b'{' => {
                self.cursor.byte()?;
                if self.cursor.eat(b"}") {
                    return Some(());
                }
                loop {
                    self.key()?;
                    self.skip_nested(depth.wrapping_add(1))?;
                    match self.cursor.byte()? {
                        b',' => {}
                        b'}' => return Some(()),
                        _ => return None,
                    }
                }
            }
            b'[' => {
                self.cursor.byte()?;
                if self.cursor.eat(b"]") {
                    return Some(());
                }
                loop {
                    self.skip_nested(depth.wrapping_add(1))?;
                    match self.cursor.byte()? {
                        b',' => {}
                        b']' => return Some(()),
                        _ => return None,
                    }
                }
            }
            _ => self.plain().map(|_| ()),
        }
    }

    #[inline(always)]
    fn key(&mut self) -> Option<&'a [u8]> {
        if let [b'"', letter, b'"', b':', ..] = self.cursor.rest()
            && letter.is_ascii_alphabetic()
        {
            return self.cursor.take(4)?.get(1..2);
        }
        self.long_key()
    }

    fn long_key(&mut self) -> Option<&'a [u8]> {
        self.cursor.expect(b"\"")?;
        let key = self.cursor.plain_text()?;
        self.cursor.expect(b":")?;
        Some(key)
    }

    /// Takes a value that is neither array nor object.
    #[inline(always)]
    fn plain(&mut self) -> Option<RawField<'a>> {
        match self.cursor.peek()? {
            b'"' => {
                self.cursor.byte()?;
                self.cursor.plain_text().map(RawField::Text)
            }
            b'0'..=b'9' | b'-' => self.cursor.number().map(RawField::Number),
            b't' | b'f' => self.cursor.boolean().map(RawField::Bool),
            _ => self.cursor.eat(b"null").then_some(RawField::Null),
        }
    }

    #[inline]
    fn level<const WIDTH: usize>(&mut self) -> Option<RawLevel<'a>> {
        self.cursor.expect(b"[\"")?;
        let price = self.cursor.decimal_text()?;
        self.cursor.expect(b",\"")?;
        let quantity = self.cursor.decimal_text()?;
        for _ in 2..WIDTH {
            self.cursor.expect(b",")?;
            self.plain()?;
        }
        self.cursor.expect(b"]")?;
        Some(RawLevel { price, quantity })
    }

    #[inline]
    fn all_levels<const WIDTH: usize>(&mut self) -> Option<&'a [RawLevel<'a>]> {
        self.cursor.expect(b"[")?;
        if self.cursor.eat(b"]") {
            return Some(&[]);
        }
        let mut levels = ArenaVec::with_capacity_in(FEW_LEVELS, self.arena);
        loop {
            levels.push(self.level::<WIDTH>()?);
            match self.cursor.byte()? {
                b',' => {}
                b']' => return Some(levels.into_bump_slice()),
                _ => return None,
            }
        }
    }
}

impl<'a> Reader<'a> for Usual<'a> {
    type Stop = Unusual;

    const GIVES_UP: bool = true;

    #[inline]
    fn stop(_reason: IssueCode, _field: &'static str) -> Unusual {
        Unusual
    }

    #[inline]
    fn arena(&self) -> &'a Arena {
        self.arena
    }

    #[inline]
    fn has_byte_order_mark(&self) -> bool {
        false
    }

    #[inline]
    fn rest(&mut self) -> &'a [u8] {
        self.cursor.rest()
    }

    #[inline]
    fn left(&self) -> usize {
        self.cursor.rest().len()
    }

    #[inline]
    fn kind(&mut self) -> Result<Kind, Unusual> {
        match self.cursor.peek() {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b'"') => Ok(Kind::Text),
            Some(_) => Ok(Kind::Other),
            None => Err(Unusual),
        }
    }

    #[inline(always)]
    fn object(
        &mut self,
        _field: &'static str,
        mut member: impl FnMut(&'a [u8], &mut Self) -> Result<(), Unusual>,
    ) -> Result<(), Unusual> {
        self.cursor.expect(b"{").ok_or(Unusual)?;
        if self.cursor.eat(b"}") {
            return Ok(());
        }
        loop {
            let key = self.key().ok_or(Unusual)?;
            member(key, self)?;
            match self.cursor.byte() {
                Some(b',') => {}
                Some(b'}') => return Ok(()),
                _ => return Err(Unusual),
            }
        }
    }

    #[inline(always)]
    fn array(
        &mut self,
        _field: &'static str,
        mut element: impl FnMut(&mut Self) -> Result<(), Unusual>,
    ) -> Result<(), Unusual> {
        self.cursor.expect(b"[").ok_or(Unusual)?;
        if self.cursor.eat(b"]") {
            return Ok(());
        }
        loop {
            element(self)?;
            match self.cursor.byte() {
                Some(b',') => {}
                Some(b']') => return Ok(()),
                _ => return Err(Unusual),
            }
        }
    }

    #[inline]
    fn scalar(&mut self) -> Result<RawField<'a>, Unusual> {
        if matches!(self.cursor.peek(), Some(b'[' | b'{')) {
            self.skip()?;
            return Ok(RawField::Nested);
        }
        self.plain().ok_or(Unusual)
    }

    #[inline(always)]
    fn element<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Unusual>,
    ) -> Result<Option<T>, Unusual> {
        read(self).map(Some)
    }

    #[inline]
    fn no_element(&self, _field: &'static str) -> Unusual {
        Unusual
    }

    fn skip(&mut self) -> Result<(), Unusual> {
        self.skip_nested(0).ok_or(Unusual)
    }

    #[inline]
    fn levels<const WIDTH: usize>(
        &mut self,
        _field: &'static str,
    ) -> Result<&'a [RawLevel<'a>], Unusual> {
        self.all_levels::<WIDTH>().ok_or(Unusual)
    }

    #[inline]
    fn finish(&mut self) -> Result<(), Unusual> {
        if self.cursor.is_at_end() {
            Ok(())
        } else {
            Err(Unusual)
        }
    }
}
