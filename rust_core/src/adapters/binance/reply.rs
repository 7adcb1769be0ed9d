//! Replies to REST requests.

use bumpalo::collections::{String as ArenaString, Vec as ArenaVec};

use crate::adapters::json::{Kind, Reader, Tolerant, Unusual, Usual, read_checked};
use crate::adapters::{Arena, ControlKind, Frame};
use crate::model::{IssueCode, Malformed, RawField};

use super::message::unsupported;

/// The parts of a request's address that say what was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address<'a> {
    /// Without the host and the slash after it.
    pub(super) path: &'a str,
    query: &'a str,
}

impl<'a> Address<'a> {
    pub(super) fn of(url: &'a str) -> Self {
        let url = url.split_once('#').map_or(url, |(before, _)| before);
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let after_scheme = address.split_once("://").map_or(address, |(_, rest)| rest);
        let path = after_scheme.split_once('/').map_or("", |(_, path)| path);
        Self { path, query }
    }

    /// Returns the value of `symbol` in the query, percent-decoded.
    pub(super) fn symbol(self, arena: &'a Arena) -> RawField<'a> {
        let pairs = self.query.split('&');
        let value = pairs
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == "symbol");
        let Some((_, value)) = value else {
            return RawField::Missing;
        };
        let text = percent_decoded(value.as_bytes(), arena);
        match core::str::from_utf8(text) {
            Ok(_) => RawField::Text(text),
            Err(_) => RawField::Missing,
        }
    }

    /// A reply that is not handled.
    pub(super) fn unsupported(self, arena: &'a Arena) -> Frame<'a> {
        let mut name = ArenaString::from_str_in("GET ", arena);
        name.push_str(self.path);
        unsupported(name.into_bump_str().as_bytes(), false)
    }
}

fn percent_decoded<'a>(text: &'a [u8], arena: &'a Arena) -> &'a [u8] {
    if !text.contains(&b'%') {
        return text;
    }
    let mut plain = ArenaVec::with_capacity_in(text.len(), arena);
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        let escaped = match (byte, after) {
            (b'%', [high, low, after @ ..]) => hex(*high)
                .zip(hex(*low))
                .map(|(high, low)| (high * 16 + low, after)),
            _ => None,
        };
        let (byte, after) = escaped.unwrap_or((*byte, after));
        plain.push(byte);
        rest = after;
    }
    plain.into_bump_slice()
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// Reads a reply with `usual`, or else with `tolerant`: the same code for two readers.
///
/// An object with `code` and `msg` is an error answer.
pub(super) fn read<'a>(
    body: &'a [u8],
    arena: &'a Arena,
    usual: impl FnOnce(&mut Usual<'a>) -> Result<Frame<'a>, Unusual>,
    tolerant: impl FnOnce(&mut Tolerant<'a>) -> Result<Frame<'a>, Malformed>,
) -> Frame<'a> {
    let mut reader = Usual::new(body, arena);
    if let Ok(found) = usual(&mut reader)
        && reader.finish().is_ok()
    {
        return found;
    }
    read_checked(body, arena, |mut reader| {
        if reader.kind()? != Kind::Object {
            return Err(Tolerant::stop(IssueCode::Type, "$"));
        }
        if is_error(reader)? {
            return Ok(Frame::Control(ControlKind::Error));
        }
        tolerant(&mut reader)
    })
}

fn is_error(mut reader: Tolerant<'_>) -> Result<bool, Malformed> {
    let (mut has_code, mut has_message) = (false, false);
    reader.object("$", |key, reader| {
        has_code |= key == b"code";
        has_message |= key == b"msg";
        reader.skip()
    })?;
    Ok(has_code && has_message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_says_the_symbol() {
        let arena = Arena::new();
        for (url, path, symbol) in [
            (
                "https://api.binance.com/api/v3/depth?limit=5&symbol=BTCUSDT",
                "api/v3/depth",
                RawField::Text(b"BTCUSDT"),
            ),
            (
                "http://127.0.0.1:80/fapi/v1/depth?symbol=%E7%89%9B%E6%9D%A5USDT",
                "fapi/v1/depth",
                RawField::Text("牛来USDT".as_bytes()),
            ),
            ("https://h/x?symbol=%ff", "x", RawField::Missing),
            ("https://h/x?symbols=A", "x", RawField::Missing),
            ("https://h", "", RawField::Missing),
        ] {
            let address = Address::of(url);
            assert_eq!(
                (address.path, address.symbol(&arena)),
                (path, symbol),
                "{url}"
            );
        }
    }
}
