//! The `<symbol>@markPrice` streams: mark price, index price and the funding rate to come.

use super::metadata::metadata;
use crate::adapters::Frame;
use crate::adapters::binance::message::skip_unknown;
use crate::adapters::binance::stream_name::{self, is_kind};
use crate::adapters::json::Reader;
use crate::model::{IssueCode, JsonType, RawField, RawFunding};

/// Reads a message whose `e` is `markPriceUpdate`.
pub(super) fn read<'a, R: Reader<'a>>(
    stream: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    let symbol = stream_name::symbol::<R>(stream, |kind| is_kind(kind, b"markPrice"))?;
    let raw = read_one(symbol, reader)?;
    Ok(Frame::Fundings(reader.arena().alloc_slice_copy(&[raw])))
}

/// Returns whether the stream of this name is one of mark prices.
pub(super) fn is_stream(stream: Option<&[u8]>) -> bool {
    stream.is_some_and(|stream| is_kind(stream_name::split(stream).1, b"markPrice"))
}

/// Reads a list of them. Its stream is that of all symbols or that of a pair, which is no symbol.
pub(super) fn read_list<'a, R: Reader<'a>>(
    stream: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    stream_name::symbol::<R>(stream, |kind| is_kind(kind, b"markPrice"))?;
    let all = reader.list("data", |reader| read_one(None, reader))?;
    Ok(Frame::Fundings(all))
}

fn read_one<'a, R: Reader<'a>>(
    stream_symbol: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<RawFunding<'a>, R::Stop> {
    let [mut event, mut time, mut symbol, mut rate] = Default::default();
    let [mut mark_price, mut index_price, mut next_funding] = Default::default();
    let [mut average, mut settle_price] = Default::default();
    let ((), content) = reader.with_source(|reader| {
        reader.object("data", |key, reader| match key {
            b"e" => reader.once(&mut event, "e"),
            b"E" => reader.once(&mut time, "E"),
            b"s" => reader.once(&mut symbol, "s"),
            b"p" => reader.once(&mut mark_price, "p"),
            b"ap" => reader.once(&mut average, "ap"),
            b"P" => reader.once(&mut settle_price, "P"),
            b"i" => reader.once(&mut index_price, "i"),
            b"r" => reader.once(&mut rate, "r"),
            b"T" => reader.once(&mut next_funding, "T"),
            _ => skip_unknown(key, reader),
        })
    })?;
    if event != RawField::Text(b"markPriceUpdate") {
        return Err(R::stop(IssueCode::Type, "e"));
    }
    let extra = [("ap", average), ("estimated_settle_price", settle_price)];
    Ok(RawFunding {
        channel: "markPrice",
        is_delta: false,
        keys: ("s", "E", "r"),
        time_type: JsonType::Number,
        stream_symbol,
        symbol,
        time,
        rate,
        mark_price,
        index_price,
        next_funding,
        interval_ns: None,
        metadata: metadata(&extra, reader.arena()),
        content,
        has_byte_order_mark: reader.has_byte_order_mark(),
    })
}
