//! The `<symbol>@bookTicker` stream: best bid and best ask, without a time.

use crate::adapters::Frame;
use crate::adapters::binance::message::{check_event, skip_unknown};
use crate::adapters::binance::stream_name;
use crate::adapters::json::Reader;
use crate::model::{
    BookAction, BookDepth, BookKeys, BookOrigin, BookRule, BookStream, IssueCode, JsonType,
    ProofLevel, RawBook, RawField, RawLevel,
};

/// Update ids are those of the book and have holes where its best levels did not change.
static STREAM: BookStream = BookStream {
    channel: "bookTicker",
    depth: BookDepth::L1,
    continuity: BookRule::Snapshots,
    gap_proof: ProofLevel::Unverifiable,
    time_type: JsonType::Number,
    keys: BookKeys {
        symbol: "s",
        first_id: "u",
        last_id: "u",
        prev_id: "u",
        time: "E",
        bids: "b",
        asks: "a",
    },
};

/// Reads a best bid and ask.
#[inline(always)]
pub(super) fn read<'a, R: Reader<'a>>(
    stream: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    let stream_symbol = stream_name::symbol::<R>(stream, |kind| kind == b"bookTicker")?;
    let [mut event, mut symbol, mut last_id] = Default::default();
    let [mut bid, mut bid_quantity, mut ask, mut ask_quantity] = Default::default();
    let ((), content) = reader.with_source(|reader| {
        reader.object("$", |key, reader| match key {
            b"e" => reader.once(&mut event, "e"),
            b"u" => reader.once(&mut last_id, "u"),
            b"s" => reader.once(&mut symbol, "s"),
            b"b" => reader.once(&mut bid, "b"),
            b"B" => reader.once(&mut bid_quantity, "B"),
            b"a" => reader.once(&mut ask, "a"),
            b"A" => reader.once(&mut ask_quantity, "A"),
            _ => skip_unknown(key, reader),
        })
    })?;
    check_event::<R>(event, b"bookTicker")?;
    if R::GIVES_UP && symbol == RawField::Missing {
        return Err(R::stop(IssueCode::Missing, "s"));
    }
    let (bids, asks) = reader.arena().alloc((
        [level::<R>((bid, "b"), (bid_quantity, "B"))?],
        [level::<R>((ask, "a"), (ask_quantity, "A"))?],
    ));
    let book = RawBook {
        stream: &STREAM,
        action: BookAction::Snapshot,
        origin: BookOrigin::Wire,
        stream_symbol,
        symbol,
        first_id: RawField::Missing,
        last_id,
        prev_id: RawField::Missing,
        time: RawField::Missing,
        published: RawField::Missing,
        bids,
        asks,
        checksum: RawField::Missing,
        metadata: &[],
        content,
        has_byte_order_mark: reader.has_byte_order_mark(),
    };
    Ok(Frame::Books(reader.arena().alloc_slice_copy(&[book])))
}

/// Makes the one level of a side of its two texts.
#[inline]
fn level<'a, R: Reader<'a>>(
    price: (RawField<'a>, &'static str),
    quantity: (RawField<'a>, &'static str),
) -> Result<RawLevel<'a>, R::Stop> {
    Ok(RawLevel {
        price: text::<R>(price)?,
        quantity: text::<R>(quantity)?,
    })
}

#[inline]
fn text<'a, R: Reader<'a>>(
    (field, key): (RawField<'a>, &'static str),
) -> Result<&'a [u8], R::Stop> {
    match field {
        RawField::Text(text) => Ok(text),
        RawField::Missing => Err(R::stop(IssueCode::Missing, key)),
        _ => Err(R::stop(IssueCode::Type, key)),
    }
}
