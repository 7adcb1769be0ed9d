//! The `<symbol>@depth` streams of changed levels, those of the best levels (`@depth5`, `@depth10`,
//! `@depth20`), which say the same `e`, and the snapshots that go with the former.

use crate::adapters::Frame;
use crate::adapters::binance::message::{check_event, skip_unknown};
use crate::adapters::binance::stream_name::{self, is_kind, is_partial_depth};
use crate::adapters::json::Reader;
use crate::model::{
    BookAction, BookDepth, BookKeys, BookOrigin, BookRule, BookStream, IssueCode, JsonType,
    ProofLevel, RawBook, RawField,
};

const KEYS: BookKeys = BookKeys {
    symbol: "s",
    first_id: "U",
    last_id: "u",
    prev_id: "pu",
    time: "T",
    bids: "b",
    asks: "a",
};

/// An update names the one before it.
static CHANGES: BookStream = BookStream {
    channel: "depth",
    depth: BookDepth::L2,
    continuity: BookRule::PrevIsLast,
    gap_proof: ProofLevel::ProvenGap,
    time_type: JsonType::Number,
    keys: KEYS,
};

static BEST_LEVELS: BookStream = BookStream {
    channel: "partialDepth",
    depth: BookDepth::L2,
    continuity: BookRule::Snapshots,
    gap_proof: ProofLevel::Unverifiable,
    time_type: JsonType::Number,
    keys: KEYS,
};

/// The channel of changes as replies spell it.
static REPLY: BookStream = BookStream {
    channel: "depth",
    depth: BookDepth::L2,
    continuity: BookRule::PrevIsLast,
    gap_proof: ProofLevel::ProvenGap,
    time_type: JsonType::Number,
    keys: BookKeys {
        symbol: "symbol",
        first_id: "U",
        last_id: "lastUpdateId",
        prev_id: "pu",
        time: "T",
        bids: "bids",
        asks: "asks",
    },
};

/// Reads a message whose `e` is `depthUpdate`; `None` for a book of another kind.
#[inline(always)]
pub(super) fn read<'a, R: Reader<'a>>(
    stream: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<Option<Frame<'a>>, R::Stop> {
    let (symbol, kind) = match stream {
        Some(stream) => stream_name::split(stream),
        None => (None, &b"depth"[..]),
    };
    if is_kind(kind, b"depth") {
        read_update(&CHANGES, BookAction::Delta, symbol, reader).map(Some)
    } else if is_partial_depth(kind) {
        read_update(&BEST_LEVELS, BookAction::Snapshot, symbol, reader).map(Some)
    } else if is_kind(kind, b"rpiDepth") {
        Ok(None)
    } else {
        Err(R::stop(IssueCode::UnknownMessage, "stream"))
    }
}

#[inline(always)]
fn read_update<'a, R: Reader<'a>>(
    stream: &'static BookStream,
    action: BookAction,
    stream_symbol: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    let [mut event, mut published, mut time, mut symbol] = Default::default();
    let [mut first_id, mut last_id, mut prev_id] = Default::default();
    let (mut bids, mut asks) = (None, None);
    let ((), content) = reader.with_source(|reader| {
        reader.object("$", |key, reader| match key {
            b"e" => reader.once(&mut event, "e"),
            b"E" => reader.once(&mut published, "E"),
            b"T" => reader.once(&mut time, "T"),
            b"s" => reader.once(&mut symbol, "s"),
            b"U" => reader.once(&mut first_id, "U"),
            b"u" => reader.once(&mut last_id, "u"),
            b"pu" => reader.once(&mut prev_id, "pu"),
            b"b" => reader.levels_once::<2>(&mut bids, "b"),
            b"a" => reader.levels_once::<2>(&mut asks, "a"),
            _ => skip_unknown(key, reader),
        })
    })?;
    check_event::<R>(event, b"depthUpdate")?;
    let book = RawBook {
        stream,
        action,
        origin: BookOrigin::Wire,
        stream_symbol,
        symbol,
        first_id,
        last_id,
        prev_id,
        time: or(time, published),
        published,
        bids: bids.ok_or_else(|| R::stop(IssueCode::Missing, "b"))?,
        asks: asks.ok_or_else(|| R::stop(IssueCode::Missing, "a"))?,
        checksum: RawField::Missing,
        metadata: &[],
        content,
        has_byte_order_mark: reader.has_byte_order_mark(),
    };
    Ok(Frame::Books(reader.arena().alloc_slice_copy(&[book])))
}

/// Reads the reply to a request for the book of `asked`; the body says the symbol at COIN-M alone.
pub(super) fn read_reply<'a, R: Reader<'a>>(
    asked: RawField<'a>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    let [mut last_id, mut published, mut time, mut symbol] = Default::default();
    let (mut bids, mut asks) = (None, None);
    let ((), content) = reader.with_source(|reader| {
        reader.object("$", |key, reader| match key {
            b"lastUpdateId" => reader.once(&mut last_id, "lastUpdateId"),
            b"E" => reader.once(&mut published, "E"),
            b"T" => reader.once(&mut time, "T"),
            b"symbol" => reader.once(&mut symbol, "symbol"),
            b"bids" => reader.levels_once::<2>(&mut bids, "bids"),
            b"asks" => reader.levels_once::<2>(&mut asks, "asks"),
            _ => skip_unknown(key, reader),
        })
    })?;
    let book = RawBook {
        stream: &REPLY,
        action: BookAction::Snapshot,
        origin: BookOrigin::Rest,
        stream_symbol: None,
        symbol: or(symbol, asked),
        first_id: RawField::Missing,
        last_id,
        prev_id: RawField::Missing,
        time: or(time, published),
        published,
        bids: bids.ok_or_else(|| R::stop(IssueCode::Missing, "bids"))?,
        asks: asks.ok_or_else(|| R::stop(IssueCode::Missing, "asks"))?,
        checksum: RawField::Missing,
        metadata: &[],
        content,
        has_byte_order_mark: reader.has_byte_order_mark(),
    };
    Ok(Frame::Books(reader.arena().alloc_slice_copy(&[book])))
}

/// Returns `first` unless it is missing.
#[inline]
const fn or<'a>(first: RawField<'a>, second: RawField<'a>) -> RawField<'a> {
    match first {
        RawField::Missing => second,
        found => found,
    }
}
