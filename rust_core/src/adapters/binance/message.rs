//! What a frame is: a message of a channel, a control message, something unsupported, or malformed.
//!
//! The rules and their numbers are those of `docs/exchanges/binance-spot.md`, "Reading a frame". They are
//! the same for every market; a market says which channels it handles.

use crate::adapters::json::{Cursor, Kind, Reader, Tolerant, Usual, read_checked};
use crate::adapters::{Arena, ControlKind, Frame};
use crate::model::{IssueCode, Malformed, RawField};

/// The channels of a market. `None` means: not handled.
pub(super) trait Channels {
    /// Reads a frame from `data` to its end if its keys have an order that this market knows.
    #[inline]
    fn read_in_order<'a>(_cursor: Cursor<'a>, _stream: Option<&'a [u8]>) -> Option<Frame<'a>> {
        None
    }

    /// Reads the message whose `e` is `event`.
    fn read<'a, R: Reader<'a>>(
        event: &[u8],
        stream: Option<&'a [u8]>,
        reader: &mut R,
    ) -> Result<Option<Frame<'a>>, R::Stop>;

    /// Reads a best bid and ask without `e`.
    fn read_ticker<'a, R: Reader<'a>>(
        stream: Option<&'a [u8]>,
        reader: &mut R,
    ) -> Result<Option<Frame<'a>>, R::Stop>;

    /// Reads a book without `e`.
    fn read_depth<'a, R: Reader<'a>>(
        stream: &'a [u8],
        reader: &mut R,
    ) -> Result<Option<Frame<'a>>, R::Stop>;

    /// Reads the list of messages the first of which has `event` as `e`; empty where it has none.
    fn read_list<'a, R: Reader<'a>>(
        event: &[u8],
        stream: Option<&'a [u8]>,
        reader: &mut R,
    ) -> Result<Option<Frame<'a>>, R::Stop>;
}

/// Keys that may occur once in the top-level object and in `data`, whatever the message.
const ONCE: [&str; 18] = [
    "stream", "data", "e", "E", "s", "t", "a", "p", "q", "T", "m", "f", "l", "result", "id",
    "error", "code", "msg",
];

/// Skips the value of a member that the channel does not know.
///
/// A usual reader does not count keys, and so gives up on those that [`ONCE`] lists.
#[inline]
pub(super) fn skip_unknown<'a, R: Reader<'a>>(key: &[u8], reader: &mut R) -> Result<(), R::Stop> {
    if R::GIVES_UP && ONCE.iter().any(|name| name.as_bytes() == key) {
        return Err(R::stop(IssueCode::DuplicateKey, "$"));
    }
    reader.skip()
}

/// Checks the `e` of a message that was chosen by it or without it.
#[inline]
pub(super) fn check_event<'a, R: Reader<'a>>(
    event: RawField<'a>,
    name: &[u8],
) -> Result<(), R::Stop> {
    match event {
        RawField::Text(text) if text == name => Ok(()),
        RawField::Missing => Ok(()),
        _ => Err(R::stop(IssueCode::Type, "e")),
    }
}

/// Reads a frame in the venue's usual spelling; `None` means: ask [`parse`].
#[inline(always)]
pub(super) fn parse_usual<'a, C: Channels>(frame: &'a [u8], arena: &'a Arena) -> Option<Frame<'a>> {
    let mut cursor = Cursor::new(frame);
    let stream = if cursor.eat(b"{\"stream\":\"") {
        let stream = cursor.plain_text()?;
        cursor.expect(b",\"data\":")?;
        Some(stream)
    } else {
        None
    };
    if let Some(found) = C::read_in_order(cursor, stream) {
        return Some(found);
    }
    let mut reader = Usual::at(cursor, arena);
    let found = if cursor.eat(b"{\"e\":\"") {
        C::read(cursor.plain_text()?, stream, &mut reader)
    } else if cursor.eat(b"{\"u\":") {
        C::read_ticker(stream, &mut reader)
    } else if cursor.eat(b"{\"lastUpdateId\":") {
        C::read_depth(stream?, &mut reader)
    } else if cursor.eat(b"[{\"e\":\"") {
        C::read_list(cursor.plain_text()?, stream, &mut reader)
    } else {
        return None;
    };
    let found = found.ok()??;
    let is_closed = stream.is_none() || reader.eat(b"}");
    (is_closed && reader.finish().is_ok()).then_some(found)
}

/// Reads any frame.
pub(super) fn parse<'a, C: Channels>(frame: &'a [u8], arena: &'a Arena) -> Frame<'a> {
    read_checked(frame, arena, |mut reader| match reader.kind()? {
        Kind::Object => read_object::<C>(reader),
        Kind::Array => read_bare_list::<C>(reader),
        Kind::Text | Kind::Other => Err(fault(IssueCode::Type, "$")),
    })
}

/// Rule 7.
fn read_bare_list<'a, C: Channels>(mut list: Tolerant<'a>) -> Result<Frame<'a>, Malformed> {
    match first_event(list)? {
        RawField::Text(event) if !matches!(event, b"trade" | b"aggTrade") => {
            let found = C::read_list(event, None, &mut list)?;
            Ok(found.unwrap_or_else(|| unsupported(event, true)))
        }
        _ => Err(fault(IssueCode::Type, "$")),
    }
}

/// Returns the first `e` of a list's first element.
fn first_event<'a>(mut list: Tolerant<'a>) -> Result<RawField<'a>, Malformed> {
    let (mut event, mut is_first) = (RawField::Missing, true);
    list.array("$", |element| {
        let is_message = is_first && element.kind()? == Kind::Object;
        is_first = false;
        if !is_message {
            return element.skip();
        }
        element.object("$", |key, reader| {
            if key == b"e" && event == RawField::Missing {
                event = reader.scalar()?;
                return Ok(());
            }
            reader.skip()
        })
    })?;
    Ok(event)
}

/// The members of an object that tell what it is.
struct Members<'a> {
    stream: RawField<'a>,
    data: Option<Tolerant<'a>>,
    event: RawField<'a>,
    result: RawField<'a>,
    has_error: bool,
    has_code: bool,
    has_message: bool,
    has_last_update_id: bool,
    /// Which of `u s b B a A` occur, a bit each.
    ticker: u8,
}

const WHOLE_TICKER: u8 = 0b11_1111;

/// Rule 8.
fn members<'a>(mut object: Tolerant<'a>) -> Result<Members<'a>, Malformed> {
    let mut found = Members {
        stream: RawField::Missing,
        data: None,
        event: RawField::Missing,
        result: RawField::Missing,
        has_error: false,
        has_code: false,
        has_message: false,
        has_last_update_id: false,
        ticker: 0,
    };
    let mut seen = [false; ONCE.len()];
    let mut duplicate = None;
    object.object("$", |key, reader| {
        let known = ONCE
            .iter()
            .zip(&mut seen)
            .find(|(name, _)| name.as_bytes() == key);
        if let Some((name, is_seen)) = known {
            if *is_seen {
                duplicate = duplicate.or(Some(*name));
                return reader.skip();
            }
            *is_seen = true;
        }
        match key {
            b"stream" => found.stream = reader.scalar()?,
            b"data" => {
                found.data = Some(*reader);
                reader.skip()?;
            }
            b"e" => found.event = reader.scalar()?,
            b"result" => found.result = reader.scalar()?,
            _ => {
                found.note(key);
                reader.skip()?;
            }
        }
        Ok(())
    })?;
    match duplicate {
        Some(key) => Err(fault(IssueCode::DuplicateKey, key)),
        None => Ok(found),
    }
}

impl Members<'_> {
    fn note(&mut self, key: &[u8]) {
        match key {
            b"error" => self.has_error = true,
            b"code" => self.has_code = true,
            b"msg" => self.has_message = true,
            b"lastUpdateId" => self.has_last_update_id = true,
            b"u" => self.ticker |= 1,
            b"s" => self.ticker |= 1 << 1,
            b"b" => self.ticker |= 1 << 2,
            b"B" => self.ticker |= 1 << 3,
            b"a" => self.ticker |= 1 << 4,
            b"A" => self.ticker |= 1 << 5,
            _ => {}
        }
    }
}

/// Rules 8 and 9.
fn read_object<'a, C: Channels>(reader: Tolerant<'a>) -> Result<Frame<'a>, Malformed> {
    let top = members(reader)?;
    if top.stream == RawField::Missing {
        return read_message::<C>(None, &top, reader);
    }
    let Some(mut data) = top.data else {
        return Err(match top.stream {
            RawField::Text(_) => fault(IssueCode::Missing, "data"),
            _ => fault(IssueCode::Type, "stream"),
        });
    };
    let kind = data.kind()?;
    let inner = if kind == Kind::Object {
        Some(members(data)?)
    } else {
        None
    };
    match (top.stream, inner) {
        (RawField::Text(stream), Some(inner)) => read_message::<C>(Some(stream), &inner, data),
        (RawField::Text(stream), None) if kind == Kind::Array => read_list::<C>(stream, data),
        (RawField::Text(_), None) => Err(fault(IssueCode::Type, "data")),
        _ => Err(fault(IssueCode::Type, "stream")),
    }
}

/// Rule 9, where `data` is a list.
fn read_list<'a, C: Channels>(
    stream: &'a [u8],
    mut list: Tolerant<'a>,
) -> Result<Frame<'a>, Malformed> {
    let event = match first_event(list)? {
        RawField::Text(event) => Some(event),
        _ => None,
    };
    if let Some(found) = C::read_list(event.unwrap_or_default(), Some(stream), &mut list)? {
        return Ok(found);
    }
    match (event, stream) {
        (Some(event), [b'!', ..]) => Ok(unsupported(event, true)),
        (None, [b'!', ..]) => Ok(unsupported(stream, false)),
        _ => Err(fault(IssueCode::Type, "data")),
    }
}

/// Rules 10 and 11.
fn read_message<'a, C: Channels>(
    stream: Option<&'a [u8]>,
    members: &Members<'a>,
    mut message: Tolerant<'a>,
) -> Result<Frame<'a>, Malformed> {
    match (members.event, stream) {
        (RawField::Text(b"serverShutdown"), _) => Ok(Frame::Control(ControlKind::ServerShutdown)),
        (RawField::Text(event), stream) => {
            let found = C::read(event, stream, &mut message)?;
            Ok(found.unwrap_or_else(|| unsupported(event, false)))
        }
        (RawField::Missing, Some(stream)) => read_by_stream::<C>(stream, message),
        (RawField::Missing, None) => read_bare::<C>(members, message),
        _ => Err(fault(IssueCode::Type, "e")),
    }
}

/// Rule 11, in a wrapper.
fn read_by_stream<'a, C: Channels>(
    stream: &'a [u8],
    mut message: Tolerant<'a>,
) -> Result<Frame<'a>, Malformed> {
    let kind = stream.splitn(2, |byte| *byte == b'@').nth(1);
    if stream.ends_with(b"@bookTicker") || stream == b"!bookTicker" {
        let found = C::read_ticker(Some(stream), &mut message)?;
        return Ok(found.unwrap_or_else(|| unsupported(b"bookTicker", false)));
    }
    if kind.is_some_and(|kind| kind.starts_with(b"depth")) {
        let found = C::read_depth(stream, &mut message)?;
        return Ok(found.unwrap_or_else(|| unsupported(b"partialDepth", false)));
    }
    Err(fault(IssueCode::UnknownMessage, "stream"))
}

/// Rule 11, without a wrapper.
fn read_bare<'a, C: Channels>(
    members: &Members<'a>,
    mut message: Tolerant<'a>,
) -> Result<Frame<'a>, Malformed> {
    if members.has_error || (members.has_code && members.has_message) {
        return Ok(Frame::Control(ControlKind::Error));
    }
    match members.result {
        RawField::Missing => {}
        RawField::Null => return Ok(Frame::Control(ControlKind::Ack)),
        _ => return Ok(Frame::Control(ControlKind::ListSubscriptions)),
    }
    if members.ticker == WHOLE_TICKER {
        let found = C::read_ticker(None, &mut message)?;
        return Ok(found.unwrap_or_else(|| unsupported(b"bookTicker", false)));
    }
    if members.has_last_update_id {
        // It does not say its symbol.
        return Ok(unsupported(b"partialDepth", false));
    }
    Err(fault(IssueCode::UnknownMessage, "$"))
}

const fn fault(reason: IssueCode, field: &'static str) -> Malformed {
    Malformed {
        reason,
        field,
        offset: None,
    }
}

/// A message of a type that is not handled; `name` must be UTF-8.
pub(super) fn unsupported(name: &[u8], is_array: bool) -> Frame<'_> {
    let name = core::str::from_utf8(name).unwrap_or_default();
    let end = name.char_indices().nth(64).map_or(name.len(), |(at, _)| at);
    Frame::Unsupported {
        name: name.get(..end).unwrap_or_default(),
        is_array,
    }
}
