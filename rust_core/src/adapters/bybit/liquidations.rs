//! The `allLiquidation` topic: every liquidation, twice a second.

use crate::adapters::Frame;
use crate::adapters::json::Reader;
use crate::adapters::repeats::number_repeats;
use crate::model::{JsonType, RawField, RawLiquidation};

/// Reads `data`.
pub(super) fn read<'a, R: Reader<'a>>(
    stream_symbol: &'a [u8],
    published: RawField<'a>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    let orders = reader.list("data", |reader| {
        read_order(stream_symbol, published, reader)
    })?;
    number_repeats(orders, reader.arena());
    Ok(Frame::Liquidations(orders))
}

/// `S` is the side of the position: `Buy` says that a long was closed. `p` is the bankruptcy price.
fn read_order<'a, R: Reader<'a>>(
    stream_symbol: &'a [u8],
    published: RawField<'a>,
    reader: &mut R,
) -> Result<RawLiquidation<'a>, R::Stop> {
    let mut order = RawLiquidation {
        channel: "allLiquidation",
        side_is_position: true,
        keys: ("s", "T", "S", "p", "v"),
        time_type: JsonType::Number,
        stream_symbol: Some(stream_symbol),
        symbol: RawField::Missing,
        side: RawField::Missing,
        price: RawField::Missing,
        average_price: RawField::Missing,
        quantity: RawField::Missing,
        status: RawField::Missing,
        time: RawField::Missing,
        published,
        metadata: &[],
        content: &[],
        ordinal: 0,
        has_byte_order_mark: reader.has_byte_order_mark(),
    };
    let ((), content) = reader.with_source(|reader| {
        reader.object("data", |key, reader| match key {
            b"T" => reader.once(&mut order.time, "T"),
            b"s" => reader.once(&mut order.symbol, "s"),
            b"S" => reader.once(&mut order.side, "S"),
            b"v" => reader.once(&mut order.quantity, "v"),
            b"p" => reader.once(&mut order.price, "p"),
            _ => reader.skip(),
        })
    })?;
    order.content = content;
    Ok(order)
}
