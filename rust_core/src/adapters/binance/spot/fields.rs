//! The members of a message that this adapter knows.

use crate::adapters::json::{Span, Token};
use crate::model::RawField;

macro_rules! keys {
    ($($name:ident = $text:literal,)*) => {
        /// A member's name. Those up to `Message` may occur once in an object.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Key { $($name,)* }

        impl Key {
            const COUNT: usize = [$($text),*].len();
            const ALL: [Self; Self::COUNT] = [$(Self::$name),*];

            pub(super) const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            fn of(text: &[u8]) -> Option<Self> {
                Self::ALL.into_iter().find(|key| key.text().as_bytes() == text)
            }
        }
    };
}

keys! {
    Stream = "stream", Data = "data", Event = "e", Published = "E", Symbol = "s", TradeId = "t",
    AggregateId = "a", Price = "p", Quantity = "q", Time = "T", IsBuyerMaker = "m", FirstId = "f",
    LastId = "l", Result = "result", Id = "id", Error = "error", Code = "code", Message = "msg",
    UpdateId = "u", Bid = "b", BidQuantity = "B", AskQuantity = "A", LastUpdateId = "lastUpdateId",
}

/// Longest name there is, so that a longer one need not be unescaped.
const LONGEST: usize = 12;

impl Key {
    /// Returns the key that `span` spells, escapes or not.
    pub(super) fn of_span(span: Span, text: &[u8], scratch: &mut Vec<u8>) -> Option<Self> {
        if !span.has_escapes {
            return Self::of(span.of(text));
        }
        // An escape is at most 12 bytes for a character.
        if span.of(text).len() > LONGEST * 12 {
            return None;
        }
        let start = scratch.len();
        span.unescape_into(text, scratch);
        let key = scratch.get(start..).and_then(Self::of);
        scratch.truncate(start);
        key
    }

    const fn is_unique(self) -> bool {
        (self as usize) <= (Self::Message as usize)
    }
}

/// A member's value before its escapes are resolved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Slot {
    #[default]
    Missing,
    Text(Span),
    Number(Span),
    Bool(bool),
    Null,
    Array,
    Object,
}

impl Slot {
    pub(super) const fn of(token: Token) -> Self {
        match token {
            Token::Text(span) => Self::Text(span),
            Token::Number(span) => Self::Number(span),
            Token::Bool(value) => Self::Bool(value),
            Token::Null => Self::Null,
            Token::ArrayStart => Self::Array,
            Token::ObjectStart => Self::Object,
            Token::ObjectEnd | Token::ArrayEnd | Token::Key(_) | Token::End => Self::Missing,
        }
    }
}

/// The known members of one object.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slots {
    values: [Slot; Key::COUNT],
    /// The first key that occurred again.
    pub(super) duplicate: Option<Key>,
}

impl Slots {
    pub(super) fn set(&mut self, key: Key, value: Slot) {
        let Some(slot) = self.values.get_mut(key as usize) else {
            return;
        };
        if *slot == Slot::Missing {
            *slot = value;
        } else if key.is_unique() && self.duplicate.is_none() {
            self.duplicate = Some(key);
        }
    }

    pub(super) fn slot(&self, key: Key) -> Slot {
        self.values.get(key as usize).copied().unwrap_or_default()
    }

    pub(super) fn has(&self, key: Key) -> bool {
        self.slot(key) != Slot::Missing
    }

    /// Resolves all escapes: appends them to `scratch` and lets the slots point there.
    ///
    /// Offsets at and after `text.len()` mean `scratch`.
    pub(super) fn unescape(&mut self, text: &[u8], scratch: &mut Vec<u8>) {
        for slot in &mut self.values {
            if let Slot::Text(span) = slot
                && span.has_escapes
            {
                let start = text.len() + scratch.len();
                span.unescape_into(text, scratch);
                *span = Span {
                    start,
                    end: text.len() + scratch.len(),
                    has_escapes: false,
                };
            }
        }
    }
}

/// The known members of one object, escapes resolved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    slots: Slots,
    text: &'a [u8],
    scratch: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(slots: Slots, text: &'a [u8], scratch: &'a [u8]) -> Self {
        Self {
            slots,
            text,
            scratch,
        }
    }

    pub(super) fn has(&self, key: Key) -> bool {
        self.slots.has(key)
    }

    pub(super) fn value(&self, key: Key) -> RawField<'a> {
        match self.slots.slot(key) {
            Slot::Missing => RawField::Missing,
            Slot::Text(span) => RawField::Text(self.bytes(span)),
            Slot::Number(span) => RawField::Number(self.bytes(span)),
            Slot::Bool(value) => RawField::Bool(value),
            Slot::Null => RawField::Null,
            Slot::Array | Slot::Object => RawField::Nested,
        }
    }

    fn bytes(&self, span: Span) -> &'a [u8] {
        match span.start.checked_sub(self.text.len()) {
            Some(start) if start < self.scratch.len() => self
                .scratch
                .get(start..span.end - self.text.len())
                .unwrap_or_default(),
            _ => span.of(self.text),
        }
    }
}
