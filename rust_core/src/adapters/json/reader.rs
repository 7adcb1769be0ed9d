//! What a channel reads its message with.

use bumpalo::collections::Vec as ArenaVec;

use crate::adapters::Arena;
use crate::model::{IssueCode, RawField, RawLevel};

/// Room for the elements of a list before it grows.
const FEW: usize = 16;
/// Most elements of a list. The longest that a venue documents has 1,024; an element takes 100 times
/// the room of the shortest text that says one.
pub const MOST_ELEMENTS: usize = 10_000;

/// What kind of value comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An object.
    Object,
    /// An array.
    Array,
    /// A string.
    Text,
    /// A number, `true`, `false` or `null`.
    Other,
}

/// Reads one JSON text, value by value.
///
/// A channel is written once against this trait and runs with two readers: [`Usual`](super::Usual)
/// reads the venue's usual spelling and gives up on anything else, [`Tolerant`](super::Tolerant) reads
/// every text that [`check`](super::check) let through. Every method takes the value that comes next,
/// the whole of it; whoever gets a member or an element must take its value.
///
/// Where the usual reader does not give up it must lead to what the tolerant one leads to.
pub trait Reader<'a>: Clone {
    /// Why reading stopped.
    type Stop;

    /// Whether it gives up on what is unusual.
    const GIVES_UP: bool;

    /// Makes the stop for a fault that is not one of JSON grammar.
    fn stop(reason: IssueCode, field: &'static str) -> Self::Stop;

    /// Returns where lists are kept.
    fn arena(&self) -> &'a Arena;

    /// Returns whether a byte order mark was stripped from the frame.
    fn has_byte_order_mark(&self) -> bool;

    /// Returns the text from the value that comes next to the end.
    fn rest(&mut self) -> &'a [u8];

    /// Returns what comes next, without taking it.
    ///
    /// # Errors
    /// No value comes next (the usual reader alone).
    fn kind(&mut self) -> Result<Kind, Self::Stop>;

    /// Takes an object: calls `member` with each key, escapes resolved.
    ///
    /// # Errors
    /// What `member` returns; `type` for `field` when no object comes next.
    fn object(
        &mut self,
        field: &'static str,
        member: impl FnMut(&'a [u8], &mut Self) -> Result<(), Self::Stop>,
    ) -> Result<(), Self::Stop>;

    /// Takes an array: calls `element` for each element.
    ///
    /// # Errors
    /// What `element` returns; `type` for `field` when no array comes next.
    fn array(
        &mut self,
        field: &'static str,
        element: impl FnMut(&mut Self) -> Result<(), Self::Stop>,
    ) -> Result<(), Self::Stop>;

    /// Takes any value; an array or an object is [`RawField::Nested`].
    ///
    /// # Errors
    /// The value is unusual (the usual reader alone).
    fn scalar(&mut self) -> Result<RawField<'a>, Self::Stop>;

    /// Takes any value.
    ///
    /// # Errors
    /// The value is unusual (the usual reader alone).
    fn skip(&mut self) -> Result<(), Self::Stop>;

    /// Takes a list of price levels: arrays of `WIDTH` elements, the first two of which are strings,
    /// price and quantity.
    ///
    /// # Errors
    /// `type` for `field` when something else comes.
    fn levels<const WIDTH: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<&'a [RawLevel<'a>], Self::Stop>;

    /// Checks that nothing is left.
    ///
    /// # Errors
    /// Something is left (the usual reader alone).
    fn finish(&mut self) -> Result<(), Self::Stop>;

    /// Takes a string.
    ///
    /// # Errors
    /// `type` for `field` when something else comes.
    #[inline]
    fn text(&mut self, field: &'static str) -> Result<&'a [u8], Self::Stop> {
        match self.scalar()? {
            RawField::Text(text) => Ok(text),
            _ => Err(Self::stop(IssueCode::Type, field)),
        }
    }

    /// Takes the value of a member that may occur once.
    ///
    /// # Errors
    /// `duplicate_key` for `key` when `slot` was filled before.
    #[inline]
    fn once(&mut self, slot: &mut RawField<'a>, key: &'static str) -> Result<(), Self::Stop> {
        if !matches!(slot, RawField::Missing) {
            return Err(Self::stop(IssueCode::DuplicateKey, key));
        }
        *slot = self.scalar()?;
        Ok(())
    }

    /// Takes the price levels of a member that may occur once.
    ///
    /// # Errors
    /// `duplicate_key` for `key` when `slot` was filled before; those of [`Reader::levels`].
    #[inline]
    fn levels_once<const WIDTH: usize>(
        &mut self,
        slot: &mut Option<&'a [RawLevel<'a>]>,
        key: &'static str,
    ) -> Result<(), Self::Stop> {
        if slot.is_some() {
            return Err(Self::stop(IssueCode::DuplicateKey, key));
        }
        *slot = Some(self.levels::<WIDTH>(key)?);
        Ok(())
    }

    /// Skips the value of a member that may occur once and keeps the place where it stands.
    ///
    /// # Errors
    /// `duplicate_key` for `key` when `slot` was filled before.
    #[inline]
    fn skip_once(&mut self, slot: &mut Option<Self>, key: &'static str) -> Result<(), Self::Stop> {
        if slot.is_some() {
            return Err(Self::stop(IssueCode::DuplicateKey, key));
        }
        *slot = Some(self.clone());
        self.skip()
    }

    /// Takes a value with `read` and returns its source too: the bytes as received.
    ///
    /// # Errors
    /// What `read` returns.
    #[inline]
    fn with_source<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Self::Stop>,
    ) -> Result<(T, &'a [u8]), Self::Stop> {
        let before = self.rest();
        let value = read(self)?;
        let taken = before.len().saturating_sub(self.left());
        Ok((value, before.get(..taken).unwrap_or_default()))
    }

    /// Returns how many bytes are left.
    fn left(&self) -> usize;

    /// Takes an element of a list of messages. One at fault is left out and costs itself alone: the
    /// tolerant reader takes note of it and returns `None`.
    ///
    /// # Errors
    /// What `read` returns (the usual reader alone), and `frame_too_large`.
    fn element<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Self::Stop>,
    ) -> Result<Option<T>, Self::Stop>;

    /// Makes the stop for a list of messages in which there is none: the fault of the first element,
    /// `missing` for `field` where there are no elements either.
    fn no_element(&self, field: &'static str) -> Self::Stop;

    /// Takes an array of messages that `read` takes one by one; see [`Reader::element`].
    ///
    /// # Errors
    /// `type` for `field` when no array comes next; that of [`Reader::no_element`] when no message is
    /// left; `frame_too_large` when it has more than [`MOST_ELEMENTS`].
    #[inline]
    fn list<T: Copy>(
        &mut self,
        field: &'static str,
        mut read: impl FnMut(&mut Self) -> Result<T, Self::Stop>,
    ) -> Result<&'a mut [T], Self::Stop> {
        let mut values = ArenaVec::with_capacity_in(FEW, self.arena());
        let mut left = MOST_ELEMENTS;
        self.array(field, |reader| {
            left = left
                .checked_sub(1)
                .ok_or_else(|| Self::stop(IssueCode::FrameTooLarge, field))?;
            if let Some(value) = reader.element(&mut read)? {
                values.push(value);
            }
            Ok(())
        })?;
        if values.is_empty() {
            return Err(self.no_element(field));
        }
        Ok(values.into_bump_slice_mut())
    }
}
