//! The `orderbook.<depth>` topics.

use crate::adapters::Frame;
use crate::adapters::json::Reader;
use crate::model::{
    BookAction, BookDepth, BookKeys, BookOrigin, BookRule, BookStream, IssueCode, JsonType,
    ProofLevel, RawBook, RawField, RawLevel,
};

use super::message::Around;
use super::trades::word;

/// One level is the whole of it each time. Of the others `u` grows by 1 in every recording, which the
/// venue does not promise.
const fn of_depth(channel: &'static str) -> BookStream {
    let is_best = channel.len() == "orderbook.1".len();
    BookStream {
        channel,
        depth: if is_best {
            BookDepth::L1
        } else {
            BookDepth::L2
        },
        continuity: if is_best {
            BookRule::Snapshots
        } else {
            BookRule::LastPlusOne
        },
        gap_proof: if is_best {
            ProofLevel::Unverifiable
        } else {
            ProofLevel::Inferred
        },
        time_type: JsonType::Any,
        keys: BookKeys {
            symbol: "s",
            first_id: "u",
            last_id: "u",
            prev_id: "u",
            time: "cts",
            bids: "b",
            asks: "a",
        },
    }
}

/// Every depth that is or was offered; 500 is that of the archive, 25 and 100 are of options.
static STREAMS: [BookStream; 7] = [
    of_depth("orderbook.1"),
    of_depth("orderbook.25"),
    of_depth("orderbook.50"),
    of_depth("orderbook.100"),
    of_depth("orderbook.200"),
    of_depth("orderbook.500"),
    of_depth("orderbook.1000"),
];

/// Returns the stream of a topic's name.
#[inline]
pub(super) fn stream(name: &[u8]) -> Option<&'static BookStream> {
    STREAMS
        .iter()
        .find(|stream| stream.channel.as_bytes() == name)
}

/// The object `data`.
#[derive(Clone, Copy)]
pub(super) struct Body<'a> {
    stream: &'static BookStream,
    symbol: RawField<'a>,
    update: RawField<'a>,
    sequence: RawField<'a>,
    bids: &'a [RawLevel<'a>],
    asks: &'a [RawLevel<'a>],
}

/// Reads `data`.
#[inline]
pub(super) fn read<'a, R: Reader<'a>>(
    stream: &'static BookStream,
    reader: &mut R,
) -> Result<Body<'a>, R::Stop> {
    let mut body = Body {
        stream,
        symbol: RawField::Missing,
        update: RawField::Missing,
        sequence: RawField::Missing,
        bids: &[],
        asks: &[],
    };
    let (mut bids, mut asks) = (None, None);
    reader.object("data", |key, reader| match key {
        b"s" => reader.once(&mut body.symbol, "s"),
        b"b" => reader.levels_once::<2>(&mut bids, "b"),
        b"a" => reader.levels_once::<2>(&mut asks, "a"),
        b"u" => reader.once(&mut body.update, "u"),
        b"seq" => reader.once(&mut body.sequence, "seq"),
        _ => reader.skip(),
    })?;
    body.bids = bids.ok_or_else(|| R::stop(IssueCode::Missing, "b"))?;
    body.asks = asks.ok_or_else(|| R::stop(IssueCode::Missing, "a"))?;
    Ok(body)
}

/// Puts a message together.
#[inline]
pub(super) fn finish<'a, R: Reader<'a>>(
    body: Body<'a>,
    around: Around<'a>,
    reader: &R,
) -> Result<Frame<'a>, R::Stop> {
    let action = if around.is_delta::<R>()? {
        BookAction::Delta
    } else {
        BookAction::Snapshot
    };
    Ok(Frame::Books(reader.arena().alloc_slice_copy(&[book(
        body,
        action,
        BookOrigin::Wire,
        around,
        reader,
    )])))
}

/// Returns the book that `body` and what stands around it say.
#[inline]
pub(super) fn book<'a, R: Reader<'a>>(
    body: Body<'a>,
    action: BookAction,
    origin: BookOrigin,
    around: Around<'a>,
    reader: &R,
) -> RawBook<'a> {
    let (time, published) = match around.matched {
        RawField::Missing => (around.time, RawField::Missing),
        matched => (matched, around.time),
    };
    RawBook {
        stream: body.stream,
        action,
        origin,
        stream_symbol: Some(around.symbol),
        symbol: body.symbol,
        first_id: RawField::Missing,
        last_id: body.update,
        prev_id: RawField::Missing,
        time,
        published,
        bids: body.bids,
        asks: body.asks,
        checksum: RawField::Missing,
        metadata: match word(body.sequence) {
            Some(sequence) => reader.arena().alloc_slice_copy(&[("seq", sequence)]),
            None => &[],
        },
        content: around.source,
        has_byte_order_mark: reader.has_byte_order_mark(),
    }
}
