//! The `<symbol>@depth` streams of changed levels, and the snapshots that they go with.

use crate::adapters::Frame;
use crate::adapters::binance::message::{check_event, skip_unknown};
use crate::adapters::binance::stream_name::{self, is_kind};
use crate::adapters::json::Reader;
use crate::model::{
    BookAction, BookDepth, BookKeys, BookOrigin, BookRule, BookStream, IssueCode, JsonType,
    ProofLevel, RawBook, RawField,
};

/// The venue promises that an update begins where the one before it ended.
static STREAM: BookStream = BookStream {
    channel: "depth",
    depth: BookDepth::L2,
    continuity: BookRule::FirstAfterLast,
    gap_proof: ProofLevel::ProvenGap,
    time_type: JsonType::Number,
    keys: BookKeys {
        symbol: "s",
        first_id: "U",
        last_id: "u",
        prev_id: "pu",
        time: "E",
        bids: "b",
        asks: "a",
    },
};

/// The same channel as replies spell it.
static REPLY: BookStream = BookStream {
    channel: "depth",
    depth: BookDepth::L2,
    continuity: BookRule::FirstAfterLast,
    gap_proof: ProofLevel::ProvenGap,
    time_type: JsonType::Number,
    keys: BookKeys {
        symbol: "symbol",
        first_id: "U",
        last_id: "lastUpdateId",
        prev_id: "pu",
        time: "E",
        bids: "bids",
        asks: "asks",
    },
};

/// Reads a message whose `e` is `depthUpdate`.
#[inline(always)]
pub(super) fn read<'a, R: Reader<'a>>(
    stream: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    let stream_symbol = stream_name::symbol::<R>(stream, |kind| is_kind(kind, b"depth"))?;
    let [mut event, mut published, mut symbol] = Default::default();
    let [mut first_id, mut last_id] = Default::default();
    let (mut bids, mut asks) = (None, None);
    let ((), content) = reader.with_source(|reader| {
        reader.object("$", |key, reader| match key {
            b"e" => reader.once(&mut event, "e"),
            b"E" => reader.once(&mut published, "E"),
            b"s" => reader.once(&mut symbol, "s"),
            b"U" => reader.once(&mut first_id, "U"),
            b"u" => reader.once(&mut last_id, "u"),
            b"b" => reader.levels_once::<2>(&mut bids, "b"),
            b"a" => reader.levels_once::<2>(&mut asks, "a"),
            _ => skip_unknown(key, reader),
        })
    })?;
    check_event::<R>(event, b"depthUpdate")?;
    let book = RawBook {
        stream: &STREAM,
        action: BookAction::Delta,
        origin: BookOrigin::Wire,
        stream_symbol,
        symbol,
        first_id,
        last_id,
        prev_id: RawField::Missing,
        time: published,
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

/// Reads the reply to a request for the book of `symbol`.
pub(super) fn read_reply<'a, R: Reader<'a>>(
    symbol: RawField<'a>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    super::partial_depth::read_snapshot(&REPLY, BookOrigin::Rest, symbol, reader)
}
