//! The `<symbol>@depth5`, `@depth10` and `@depth20` streams: the best levels, all of them each time.

use crate::adapters::Frame;
use crate::adapters::binance::message::skip_unknown;
use crate::adapters::binance::stream_name;
use crate::adapters::json::Reader;
use crate::model::{
    BookAction, BookDepth, BookKeys, BookOrigin, BookRule, BookStream, IssueCode, JsonType,
    ProofLevel, RawBook, RawField,
};

static STREAM: BookStream = BookStream {
    channel: "partialDepth",
    depth: BookDepth::L2,
    continuity: BookRule::Snapshots,
    gap_proof: ProofLevel::Unverifiable,
    time_type: JsonType::Number,
    keys: BookKeys {
        symbol: "stream",
        first_id: "U",
        last_id: "lastUpdateId",
        prev_id: "pu",
        time: "E",
        bids: "bids",
        asks: "asks",
    },
};

/// Reads a message without `e` of the stream named `stream`, which alone says the symbol.
pub(super) fn read<'a, R: Reader<'a>>(
    stream: &'a [u8],
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    let symbol = match stream_name::symbol::<R>(Some(stream), |kind| kind.starts_with(b"depth"))? {
        Some(symbol) => stream_name::raw_symbol(symbol, reader.arena()),
        None => return Err(R::stop(IssueCode::UnknownMessage, "stream")),
    };
    read_snapshot(&STREAM, BookOrigin::Wire, RawField::Text(symbol), reader)
}

/// Reads a whole book: `lastUpdateId`, `bids`, `asks`.
pub(super) fn read_snapshot<'a, R: Reader<'a>>(
    stream: &'static BookStream,
    origin: BookOrigin,
    symbol: RawField<'a>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    let mut last_id = RawField::Missing;
    let (mut bids, mut asks) = (None, None);
    let ((), content) = reader.with_source(|reader| {
        reader.object("$", |key, reader| match key {
            b"lastUpdateId" => reader.once(&mut last_id, "lastUpdateId"),
            b"bids" => reader.levels_once::<2>(&mut bids, "bids"),
            b"asks" => reader.levels_once::<2>(&mut asks, "asks"),
            b"e" => Err(R::stop(IssueCode::Type, "e")),
            _ => skip_unknown(key, reader),
        })
    })?;
    let book = RawBook {
        stream,
        action: BookAction::Snapshot,
        origin,
        stream_symbol: None,
        symbol,
        first_id: RawField::Missing,
        last_id,
        prev_id: RawField::Missing,
        time: RawField::Missing,
        published: RawField::Missing,
        bids: bids.ok_or_else(|| R::stop(IssueCode::Missing, "bids"))?,
        asks: asks.ok_or_else(|| R::stop(IssueCode::Missing, "asks"))?,
        checksum: RawField::Missing,
        metadata: &[],
        content,
        has_byte_order_mark: reader.has_byte_order_mark(),
    };
    Ok(Frame::Books(reader.arena().alloc_slice_copy(&[book])))
}
