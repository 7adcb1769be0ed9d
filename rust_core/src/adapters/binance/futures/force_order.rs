//! The `<symbol>@forceOrder` streams: liquidations, at most the latest of a symbol in a second.

use super::metadata::metadata;
use crate::adapters::Frame;
use crate::adapters::binance::message::{check_event, skip_unknown};
use crate::adapters::binance::stream_name::{self, is_kind};
use crate::adapters::json::Reader;
use crate::model::{IssueCode, JsonType, RawField, RawLiquidation};

/// Reads a message whose `e` is `forceOrder`.
pub(super) fn read<'a, R: Reader<'a>>(
    stream: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    let stream_symbol = stream_name::symbol::<R>(stream, |kind| is_kind(kind, b"forceOrder"))?;
    let [mut event, mut published] = Default::default();
    let mut order = None;
    let ((), content) = reader.with_source(|reader| {
        reader.object("$", |key, reader| match key {
            b"e" => reader.once(&mut event, "e"),
            b"E" => reader.once(&mut published, "E"),
            b"o" if order.is_some() => Err(R::stop(IssueCode::DuplicateKey, "o")),
            b"o" => {
                order = Some(read_order(reader)?);
                Ok(())
            }
            _ => skip_unknown(key, reader),
        })
    })?;
    check_event::<R>(event, b"forceOrder")?;
    let order = order.ok_or_else(|| R::stop(IssueCode::Missing, "o"))?;
    let raw = RawLiquidation {
        stream_symbol,
        published,
        content,
        ..order
    };
    Ok(Frame::Liquidations(reader.arena().alloc_slice_copy(&[raw])))
}

/// Reads the order: everything but what is outside of it.
fn read_order<'a, R: Reader<'a>>(reader: &mut R) -> Result<RawLiquidation<'a>, R::Stop> {
    let [mut symbol, mut side, mut price, mut average_price] = Default::default();
    let [mut quantity, mut status, mut time] = Default::default();
    let [mut last_filled, mut filled] = Default::default();
    reader.object("o", |key, reader| match key {
        b"s" => reader.once(&mut symbol, "s"),
        b"S" => reader.once(&mut side, "S"),
        b"q" => reader.once(&mut quantity, "q"),
        b"p" => reader.once(&mut price, "p"),
        b"ap" => reader.once(&mut average_price, "ap"),
        b"X" => reader.once(&mut status, "X"),
        b"l" => reader.once(&mut last_filled, "l"),
        b"z" => reader.once(&mut filled, "z"),
        b"T" => reader.once(&mut time, "T"),
        _ => reader.skip(),
    })?;
    let extra = [("filled", filled), ("last_filled", last_filled)];
    Ok(RawLiquidation {
        channel: "forceOrder",
        side_is_position: false,
        keys: ("s", "T", "S", "p", "q"),
        time_type: JsonType::Number,
        stream_symbol: None,
        symbol,
        side,
        price,
        average_price,
        quantity,
        status,
        time,
        published: RawField::Missing,
        metadata: metadata(&extra, reader.arena()),
        content: &[],
        ordinal: 0,
        has_byte_order_mark: reader.has_byte_order_mark(),
    })
}
