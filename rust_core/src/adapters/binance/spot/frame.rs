//! What a frame is: a trade, a control message, something unsupported, or malformed.
//!
//! The rules and their numbers are those of `docs/cleaning.md`, "Reading the frame".

use super::fields::{Fields, Key, Slot, Slots};
use super::{agg_trade, trade};
use crate::adapters::json::{
    Cursor, Fault, Scanner, Token, check_text, is_whitespace, trim_whitespace,
};
use crate::adapters::{ControlKind, Frame};
use crate::model::{IssueCode, Malformed, RawField, RawTrade};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// No usual trade is longer; a bound for the fast parser.
const LONGEST_USUAL: usize = 1_024;

/// Reads a trade in the venue's usual spelling, raw or wrapped; `None` means: ask [`parse`].
///
/// What it returns is what [`parse`] would: a property test holds the two equal.
#[inline]
#[must_use]
pub fn parse_usual(frame: &[u8]) -> Option<RawTrade<'_>> {
    if frame.len() > LONGEST_USUAL {
        return None;
    }
    let mut cursor = Cursor::new(frame);
    let stream = if cursor.eat(b"{\"stream\":\"") {
        let stream = cursor.plain_text()?;
        cursor.expect(b",\"data\":")?;
        Some(stream)
    } else {
        None
    };
    if cursor.eat(b"{\"e\":\"trade\"") {
        return trade::parse_usual(cursor, stream);
    }
    cursor.expect(b"{\"e\":\"aggTrade\"")?;
    agg_trade::parse_usual(cursor, stream)
}

/// Reads any frame: every order of keys, whitespace, escapes, unknown members. Never panics.
///
/// `scratch` holds resolved escapes; without escapes nothing is allocated.
#[must_use]
pub fn parse<'a>(frame: &'a [u8], scratch: &'a mut Vec<u8>) -> Frame<'a> {
    scratch.clear();
    let (start, text) = match frame.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) => (BYTE_ORDER_MARK.len(), rest),
        None => (0, frame),
    };
    if text.iter().all(|byte| is_whitespace(*byte)) {
        return malformed(IssueCode::Empty, "$");
    }
    if matches!(trim_whitespace(text), b"ping" | b"pong") {
        return Frame::Control(ControlKind::Heartbeat);
    }
    let read = check_text(frame).and_then(|()| read_text(frame, start, scratch));
    let mut content = match read {
        Ok(content) => content,
        Err(Fault { reason, offset }) => {
            return Frame::Malformed(Malformed {
                reason,
                field: "$",
                offset: Some(offset),
            });
        }
    };
    content.top.unescape(frame, scratch);
    content.data.unescape(frame, scratch);
    let scratch: &'a [u8] = scratch;
    let top = Fields::new(content.top, frame, scratch);
    let data = Fields::new(content.data, frame, scratch);
    match (content.shape, &content) {
        (Shape::Array, _) => classify_array(&data),
        (Shape::Scalar, _) => malformed(IssueCode::Type, "$"),
        (
            Shape::Object,
            Content {
                top:
                    Slots {
                        duplicate: Some(key),
                        ..
                    },
                ..
            },
        ) => malformed(IssueCode::DuplicateKey, key.text()),
        (
            Shape::Object,
            Content {
                data:
                    Slots {
                        duplicate: Some(key),
                        ..
                    },
                ..
            },
        ) if top.has(Key::Stream) => malformed(IssueCode::DuplicateKey, key.text()),
        (Shape::Object, _) => mark(classify_object(&content.top, &top, &data), start > 0),
    }
}

fn mark(frame: Frame<'_>, has_byte_order_mark: bool) -> Frame<'_> {
    match frame {
        Frame::Trade(raw) => Frame::Trade(RawTrade {
            has_byte_order_mark,
            ..raw
        }),
        other => other,
    }
}

const fn malformed<'a>(reason: IssueCode, field: &'static str) -> Frame<'a> {
    Frame::Malformed(Malformed {
        reason,
        field,
        offset: None,
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Object,
    Array,
    Scalar,
}

/// What is kept of a JSON text: the known members of the top-level object and of its `data` (or of
/// the first element of a top-level array).
#[derive(Debug)]
struct Content {
    shape: Shape,
    top: Slots,
    data: Slots,
}

/// Rule 6: reads the whole text once.
fn read_text(frame: &[u8], start: usize, scratch: &mut Vec<u8>) -> Result<Content, Fault> {
    let mut scanner = Scanner::new(frame, start);
    let (mut top, mut data) = (Slots::default(), Slots::default());
    let shape = match scanner.next_token()? {
        Token::ObjectStart => Shape::Object,
        Token::ArrayStart => Shape::Array,
        _ => Shape::Scalar,
    };
    let mut key = None;
    let mut inner = Inner::Before;
    let mut is_first = true;
    loop {
        let depth = scanner.depth();
        let token = scanner.next_token()?;
        match (token, depth) {
            (Token::End, _) => return Ok(Content { shape, top, data }),
            (Token::Key(span), 1) => key = Key::of_span(span, frame, scratch),
            (Token::Key(span), 2) if inner == Inner::Inside => {
                key = Key::of_span(span, frame, scratch);
            }
            (Token::ObjectEnd | Token::ArrayEnd, 2) if inner == Inner::Inside => {
                inner = Inner::After
            }
            (Token::Key(_) | Token::ObjectEnd | Token::ArrayEnd, _) => {}
            (value, 1) => {
                let is_message = match shape {
                    Shape::Object => key == Some(Key::Data) && !top.has(Key::Data),
                    _ => is_first,
                };
                is_first = false;
                if is_message && value == Token::ObjectStart && inner == Inner::Before {
                    inner = Inner::Inside;
                }
                if let Some(key) = key.take() {
                    top.set(key, Slot::of(value));
                }
            }
            (value, 2) if inner == Inner::Inside => {
                if let Some(key) = key.take() {
                    data.set(key, Slot::of(value));
                }
            }
            _ => {}
        }
    }
}

/// Where the scanner is with respect to the one inner object that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inner {
    Before,
    Inside,
    After,
}

/// Rule 7, for an array whose first element's members are `first`.
fn classify_array<'a>(first: &Fields<'a>) -> Frame<'a> {
    match first.value(Key::Event) {
        RawField::Text(name) if !matches!(name, b"trade" | b"aggTrade") => unsupported(name, true),
        _ => malformed(IssueCode::Type, "$"),
    }
}

/// Rules 9 and 10.
fn classify_object<'a>(slots: &Slots, top: &Fields<'a>, data: &Fields<'a>) -> Frame<'a> {
    let stream = match top.value(Key::Stream) {
        RawField::Missing => return classify_message(None, top),
        RawField::Text(stream) => stream,
        _ => return malformed(IssueCode::Type, "stream"),
    };
    match slots.slot(Key::Data) {
        Slot::Object => classify_message(Some(stream), data),
        Slot::Missing => malformed(IssueCode::Missing, "data"),
        Slot::Array if stream.starts_with(b"!") => unsupported(stream, false),
        _ => malformed(IssueCode::Type, "data"),
    }
}

fn classify_message<'a>(stream: Option<&'a [u8]>, message: &Fields<'a>) -> Frame<'a> {
    let raw = match message.value(Key::Event) {
        RawField::Text(b"trade") => trade::from_fields(message),
        RawField::Text(b"aggTrade") => agg_trade::from_fields(message),
        RawField::Text(b"serverShutdown") => return Frame::Control(ControlKind::ServerShutdown),
        RawField::Text(other) => return unsupported(other, false),
        RawField::Missing => {
            return match stream {
                Some(stream) => classify_stream(stream),
                None => classify_bare(message),
            };
        }
        _ => return malformed(IssueCode::Type, "e"),
    };
    let Some(stream) = stream else {
        return Frame::Trade(raw);
    };
    match stream
        .iter()
        .rposition(|byte| *byte == b'@')
        .and_then(|at| stream.split_at_checked(at))
    {
        Some((symbol, [b'@', channel @ ..])) if channel == raw.stream.channel.as_bytes() => {
            Frame::Trade(RawTrade {
                stream_symbol: Some(symbol),
                ..raw
            })
        }
        _ => malformed(IssueCode::UnknownMessage, "stream"),
    }
}

/// Rule 11, in a wrapper.
fn classify_stream<'a>(stream: &[u8]) -> Frame<'a> {
    let mut parts = stream.splitn(2, |byte| *byte == b'@').skip(1);
    if stream.ends_with(b"@bookTicker") {
        Frame::Unsupported {
            name: "bookTicker",
            is_array: false,
        }
    } else if parts.next().is_some_and(|kind| kind.starts_with(b"depth")) {
        Frame::Unsupported {
            name: "partialDepth",
            is_array: false,
        }
    } else {
        malformed(IssueCode::UnknownMessage, "stream")
    }
}

/// Rule 11, without a wrapper.
fn classify_bare<'a>(message: &Fields<'a>) -> Frame<'a> {
    let has = |keys: &[Key]| keys.iter().all(|key| message.has(*key));
    let book = [
        Key::UpdateId,
        Key::Symbol,
        Key::Bid,
        Key::BidQuantity,
        Key::AggregateId,
        Key::AskQuantity,
    ];
    if has(&[Key::Error]) || has(&[Key::Code, Key::Message]) {
        Frame::Control(ControlKind::Error)
    } else if message.value(Key::Result) == RawField::Null {
        Frame::Control(ControlKind::Ack)
    } else if has(&[Key::Result]) {
        Frame::Control(ControlKind::ListSubscriptions)
    } else if has(&book) {
        Frame::Unsupported {
            name: "bookTicker",
            is_array: false,
        }
    } else if has(&[Key::LastUpdateId]) {
        Frame::Unsupported {
            name: "partialDepth",
            is_array: false,
        }
    } else {
        malformed(IssueCode::UnknownMessage, "$")
    }
}

fn unsupported(name: &[u8], is_array: bool) -> Frame<'_> {
    let name = core::str::from_utf8(name).unwrap_or_default();
    let end = name.char_indices().nth(64).map_or(name.len(), |(at, _)| at);
    Frame::Unsupported {
        name: name.get(..end).unwrap_or_default(),
        is_array,
    }
}
