//! The reply to `GET /v5/market/orderbook`.

use crate::adapters::json::{Reader, read_checked};
use crate::adapters::naming::{path, query, unsupported_reply};
use crate::adapters::{Arena, ControlKind, Frame};
use crate::model::{BookAction, BookOrigin, IssueCode, RawField};

use super::books;
use super::message::Around;
use super::trades::word;

const PATH: &str = "/v5/market/orderbook";
/// The topic whose `u` the reply's counts with.
const CHANNEL: &[u8] = b"orderbook.1000";

/// Reads a reply.
pub(super) fn parse<'a>(url: &'a str, body: &'a [u8], arena: &'a Arena) -> Frame<'a> {
    if path(url) != PATH {
        return unsupported_reply(url, arena);
    }
    let symbol = query(url, "symbol").unwrap_or_default().as_bytes();
    read_checked(body, arena, |mut reader| read(symbol, &mut reader))
}

fn read<'a, R: Reader<'a>>(symbol: &'a [u8], reader: &mut R) -> Result<Frame<'a>, R::Stop> {
    let (mut code, mut result) = (RawField::Missing, None);
    reader.object("$", |key, reader| match key {
        b"retCode" => reader.once(&mut code, "retCode"),
        b"result" => reader.skip_once(&mut result, "result"),
        _ => reader.skip(),
    })?;
    if word(code).is_some_and(|code| code != b"0") {
        return Ok(Frame::Control(ControlKind::Error));
    }
    let mut result = result.ok_or_else(|| R::stop(IssueCode::Missing, "result"))?;
    let stream = books::stream(CHANNEL).ok_or_else(|| R::stop(IssueCode::Internal, "result"))?;
    let mut times = result.clone();
    let (body, source) = result.with_source(|reader| books::read(stream, reader))?;
    let (mut time, mut matched) = (RawField::Missing, RawField::Missing);
    times.object("result", |key, reader| match key {
        b"ts" => reader.once(&mut time, "ts"),
        b"cts" => reader.once(&mut matched, "cts"),
        _ => reader.skip(),
    })?;
    let around = Around {
        symbol,
        kind: RawField::Missing,
        time,
        matched,
        source,
    };
    let book = books::book(body, BookAction::Snapshot, BookOrigin::Rest, around, reader);
    Ok(Frame::Books(reader.arena().alloc_slice_copy(&[book])))
}
