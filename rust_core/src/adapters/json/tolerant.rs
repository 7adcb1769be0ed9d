//! The reader of every text that was checked before.

use bumpalo::collections::Vec as ArenaVec;

use super::escape;
use super::faults::Faults;
use super::reader::{Kind, Reader};
use super::text::is_whitespace;
use crate::adapters::Arena;
use crate::model::{IssueCode, Malformed, RawField, RawLevel};

/// Reads any JSON text, which [`check`](super::check) must have found to be one: grammar is not
/// checked again, and a text that is none reads as something, without a panic.
#[derive(Clone, Copy, Debug)]
pub struct Tolerant<'a> {
    /// To the end of the frame.
    rest: &'a [u8],
    arena: &'a Arena,
    faults: Faults<'a>,
    has_byte_order_mark: bool,
}

impl<'a> Tolerant<'a> {
    /// Begins with `text`, which goes to the end of `frame`.
    pub(super) fn new(frame: &'a [u8], text: &'a [u8], arena: &'a Arena) -> Self {
        Self {
            rest: text,
            arena,
            faults: Faults::new(frame.len(), arena),
            has_byte_order_mark: text.len() < frame.len(),
        }
    }

    pub(super) const fn faults(&self) -> Faults<'a> {
        self.faults
    }

    fn advance(&mut self, count: usize) -> &'a [u8] {
        let (taken, after) = self.rest.split_at(count.min(self.rest.len()));
        self.rest = after;
        taken
    }

    fn peek(&mut self) -> Option<u8> {
        while let Some((byte, after)) = self.rest.split_first() {
            if !is_whitespace(*byte) {
                return Some(*byte);
            }
            self.rest = after;
        }
        None
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        if is_next {
            self.advance(1);
        }
        is_next
    }

    /// Takes a string whose opening quote comes next and resolves its escapes.
    fn string(&mut self) -> &'a [u8] {
        let (text, has_escapes) = self.string_source();
        if !has_escapes {
            return text;
        }
        let mut plain = ArenaVec::with_capacity_in(text.len(), self.arena);
        escape::unescape_into(text, &mut plain);
        plain.into_bump_slice()
    }

    /// Takes a string and returns what is between its quotes, and whether that has escapes.
    fn string_source(&mut self) -> (&'a [u8], bool) {
        self.eat(b'"');
        let (mut length, mut has_escapes) = (0_usize, false);
        loop {
            match self.rest.get(length) {
                None | Some(b'"') => break,
                Some(b'\\') => {
                    has_escapes = true;
                    length += 2;
                }
                Some(_) => length += 1,
            }
        }
        let text = self.advance(length);
        self.advance(1);
        (text, has_escapes)
    }

    /// Takes an array or an object: everything up to the bracket that closes it.
    fn skip_nested(&mut self) {
        let mut depth = 0_u32;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.string_source();
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.advance(1);
            if depth == 0 {
                return;
            }
        }
    }

    fn level<const WIDTH: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<RawLevel<'a>, Malformed> {
        let mut texts = [None; 2];
        let mut place = 0_usize;
        self.array(field, |reader| {
            match texts.get_mut(place) {
                Some(slot) => *slot = Some(reader.text(field)?),
                None => reader.skip()?,
            }
            place += 1;
            Ok(())
        })?;
        match texts {
            [Some(price), Some(quantity)] if place == WIDTH => Ok(RawLevel { price, quantity }),
            _ => Err(Self::stop(IssueCode::Type, field)),
        }
    }
}

impl<'a> Reader<'a> for Tolerant<'a> {
    type Stop = Malformed;

    const GIVES_UP: bool = false;

    fn stop(reason: IssueCode, field: &'static str) -> Malformed {
        Malformed {
            reason,
            field,
            offset: None,
        }
    }

    fn arena(&self) -> &'a Arena {
        self.arena
    }

    fn has_byte_order_mark(&self) -> bool {
        self.has_byte_order_mark
    }

    fn rest(&mut self) -> &'a [u8] {
        self.peek();
        self.rest
    }

    fn left(&self) -> usize {
        self.rest.len()
    }

    fn kind(&mut self) -> Result<Kind, Malformed> {
        Ok(match self.peek() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::Text,
            _ => Kind::Other,
        })
    }

    fn object(
        &mut self,
        field: &'static str,
        mut member: impl FnMut(&'a [u8], &mut Self) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        if !self.eat(b'{') {
            return Err(Self::stop(IssueCode::Type, field));
        }
        if self.eat(b'}') {
            return Ok(());
        }
        loop {
            let key = self.string();
            self.eat(b':');
            member(key, self)?;
            if !self.eat(b',') {
                self.eat(b'}');
                return Ok(());
            }
        }
    }

    fn array(
        &mut self,
        field: &'static str,
        mut element: impl FnMut(&mut Self) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        if !self.eat(b'[') {
            return Err(Self::stop(IssueCode::Type, field));
        }
        if self.eat(b']') {
            return Ok(());
        }
        loop {
            element(self)?;
            if !self.eat(b',') {
                self.eat(b']');
                return Ok(());
            }
        }
    }

    fn scalar(&mut self) -> Result<RawField<'a>, Malformed> {
        Ok(match self.peek() {
            Some(b'"') => RawField::Text(self.string()),
            Some(b'{' | b'[') => {
                self.skip_nested();
                RawField::Nested
            }
            _ => {
                let is_end = |byte: &u8| is_whitespace(*byte) || matches!(byte, b',' | b'}' | b']');
                let length = self.rest.iter().position(is_end).unwrap_or(self.rest.len());
                match self.advance(length) {
                    b"true" => RawField::Bool(true),
                    b"false" => RawField::Bool(false),
                    b"null" => RawField::Null,
                    number => RawField::Number(number),
                }
            }
        })
    }

    fn element<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        self.peek();
        let start = *self;
        match read(self) {
            Ok(value) => Ok(Some(value)),
            Err(fault) if fault.reason == IssueCode::FrameTooLarge => Err(fault),
            Err(fault) => {
                self.faults.note(fault, start.left(), self.arena);
                *self = start;
                self.skip()?;
                Ok(None)
            }
        }
    }

    fn no_element(&self, field: &'static str) -> Malformed {
        let first = self.faults.first();
        first.map_or(Self::stop(IssueCode::Missing, field), |fault| Malformed {
            offset: None,
            ..fault
        })
    }

    fn skip(&mut self) -> Result<(), Malformed> {
        match self.peek() {
            Some(b'"') => drop(self.string_source()),
            _ => drop(self.scalar()?),
        }
        Ok(())
    }

    fn levels<const WIDTH: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<&'a [RawLevel<'a>], Malformed> {
        let mut levels = ArenaVec::new_in(self.arena);
        self.array(field, |reader| {
            levels.push(reader.level::<WIDTH>(field)?);
            Ok(())
        })?;
        Ok(levels.into_bump_slice())
    }

    fn finish(&mut self) -> Result<(), Malformed> {
        Ok(())
    }
}
