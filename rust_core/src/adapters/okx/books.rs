//! The book channels: `books` and `books-l2-tbt` (a snapshot, then changes), `books5` and `bbo-tbt` (the
//! whole of it each time).

use crate::adapters::Frame;
use crate::adapters::json::Reader;
use crate::model::{
    BookAction, BookDepth, BookKeys, BookOrigin, BookRule, BookStream, IssueCode, JsonType,
    ProofLevel, RawBook, RawField,
};

const KEYS: BookKeys = BookKeys {
    symbol: "instId",
    first_id: "seqId",
    last_id: "seqId",
    prev_id: "prevSeqId",
    time: "ts",
    bids: "bids",
    asks: "asks",
};

const fn stream(channel: &'static str, depth: BookDepth, continuity: BookRule) -> BookStream {
    BookStream {
        channel,
        depth,
        continuity,
        gap_proof: match continuity {
            BookRule::PrevIsLastOrChecksum => ProofLevel::ProvenGap,
            _ => ProofLevel::Unverifiable,
        },
        time_type: JsonType::Text,
        keys: KEYS,
    }
}

pub(super) static BOOKS: BookStream =
    stream("books", BookDepth::L2, BookRule::PrevIsLastOrChecksum);
pub(super) static BOOKS_L2_TBT: BookStream = stream(
    "books-l2-tbt",
    BookDepth::L2,
    BookRule::PrevIsLastOrChecksum,
);
pub(super) static BOOKS5: BookStream = stream("books5", BookDepth::L2, BookRule::Snapshots);
pub(super) static BBO_TBT: BookStream = stream("bbo-tbt", BookDepth::L1, BookRule::Snapshots);

/// Reads `data`.
#[inline]
pub(super) fn read<'a, R: Reader<'a>>(
    stream: &'static BookStream,
    action: BookAction,
    symbol: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    let books = reader.list("data", |reader| read_book(stream, action, symbol, reader))?;
    Ok(Frame::Books(books))
}

#[inline]
fn read_book<'a, R: Reader<'a>>(
    stream: &'static BookStream,
    action: BookAction,
    subscribed: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<RawBook<'a>, R::Stop> {
    let mut book = RawBook {
        stream,
        action,
        origin: BookOrigin::Wire,
        stream_symbol: subscribed,
        symbol: RawField::Missing,
        first_id: RawField::Missing,
        last_id: RawField::Missing,
        prev_id: RawField::Missing,
        time: RawField::Missing,
        published: RawField::Missing,
        bids: &[],
        asks: &[],
        checksum: RawField::Missing,
        metadata: &[],
        content: &[],
        has_byte_order_mark: reader.has_byte_order_mark(),
    };
    let (mut bids, mut asks) = (None, None);
    let ((), content) = reader.with_source(|reader| {
        reader.object("data", |key, reader| match key {
            b"asks" => reader.levels_once::<4>(&mut asks, "asks"),
            b"bids" => reader.levels_once::<4>(&mut bids, "bids"),
            b"ts" => reader.once(&mut book.time, "ts"),
            b"seqId" => reader.once(&mut book.last_id, "seqId"),
            b"prevSeqId" => reader.once(&mut book.prev_id, "prevSeqId"),
            b"checksum" => reader.once(&mut book.checksum, "checksum"),
            b"instId" => reader.once(&mut book.symbol, "instId"),
            _ => reader.skip(),
        })
    })?;
    book.asks = asks.ok_or_else(|| R::stop(IssueCode::Missing, "asks"))?;
    book.bids = bids.ok_or_else(|| R::stop(IssueCode::Missing, "bids"))?;
    book.content = content;
    // The element names the instrument on `books5` alone.
    if let (RawField::Missing, Some(symbol)) = (book.symbol, subscribed) {
        book.symbol = RawField::Text(symbol);
    }
    // Since 2026-06-23 it is always 0 and says nothing.
    if matches!(book.checksum, RawField::Number(b"0")) {
        book.checksum = RawField::Missing;
    }
    Ok(book)
}
