//! The reply to `GET /api/v5/market/books`.

use crate::adapters::json::{Reader, read_checked};
use crate::adapters::naming::{path, query, unsupported_reply};
use crate::adapters::{Arena, ControlKind, Frame};
use crate::model::{BookAction, BookOrigin, IssueCode, RawBook, RawField};

use super::books;
use super::trades::word;

const PATH: &str = "/api/v5/market/books";

/// Reads a reply. A book without `seqId`, as it was until 2025, joins no stream and is not handled.
pub(super) fn parse<'a>(url: &'a str, body: &'a [u8], arena: &'a Arena) -> Frame<'a> {
    if path(url) != PATH {
        return unsupported_reply(url, arena);
    }
    let symbol = query(url, "instId").map(str::as_bytes);
    read_checked(body, arena, |mut reader| {
        let books = match read_books(symbol, &mut reader)? {
            Frame::Books(books) => books,
            other => return Ok(other),
        };
        if books.iter().any(|book| book.last_id == RawField::Missing) {
            return Ok(unsupported_reply(url, arena));
        }
        let books = books.iter().map(|book| RawBook {
            origin: BookOrigin::Rest,
            prev_id: RawField::Number(b"-1"),
            ..*book
        });
        let books = bumpalo::collections::Vec::from_iter_in(books, arena);
        Ok(Frame::Books(books.into_bump_slice()))
    })
}

fn read_books<'a, R: Reader<'a>>(
    symbol: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    let (mut code, mut data) = (RawField::Missing, None);
    reader.object("$", |key, reader| match key {
        b"code" => reader.once(&mut code, "code"),
        b"data" => reader.skip_once(&mut data, "data"),
        _ => reader.skip(),
    })?;
    if word(code).is_some_and(|code| code != b"0") {
        return Ok(Frame::Control(ControlKind::Error));
    }
    let mut data = data.ok_or_else(|| R::stop(IssueCode::Missing, "data"))?;
    books::read(&books::BOOKS, BookAction::Snapshot, symbol, &mut data)
}
