//! The `liquidation-orders` channel: one event a line of `details`.

use bumpalo::collections::Vec as ArenaVec;

use crate::adapters::Frame;
use crate::adapters::json::{MOST_ELEMENTS, Reader};
use crate::adapters::repeats::number_repeats;
use crate::model::{IssueCode, JsonType, RawField, RawLiquidation};

use super::trades::word;

const CHANNEL: &str = "liquidation-orders";
/// Its name in `arg`.
pub(super) const CHANNEL_KEY: &[u8] = CHANNEL.as_bytes();

/// Reads `data`.
pub(super) fn read<'a, R: Reader<'a>>(
    stream_symbol: Option<&'a [u8]>,
    reader: &mut R,
) -> Result<Frame<'a>, R::Stop> {
    let mut orders = ArenaVec::new_in(reader.arena());
    let mut is_empty = true;
    reader.array("data", |reader| {
        is_empty = false;
        let read = |reader: &mut R| read_instrument(stream_symbol, &mut orders, reader);
        reader.element(read).map(|_| ())
    })?;
    if orders.is_empty() {
        return Err(reader.no_element(if is_empty { "data" } else { "details" }));
    }
    let orders = orders.into_bump_slice_mut();
    number_repeats(orders, reader.arena());
    Ok(Frame::Liquidations(orders))
}

fn read_instrument<'a, R: Reader<'a>>(
    stream_symbol: Option<&'a [u8]>,
    orders: &mut ArenaVec<'a, RawLiquidation<'a>>,
    reader: &mut R,
) -> Result<(), R::Stop> {
    let (mut symbol, mut details) = (RawField::Missing, None);
    // `details` comes before the instrument that they are of.
    reader.object("data", |key, reader| match key {
        b"instId" => reader.once(&mut symbol, "instId"),
        b"details" => reader.skip_once(&mut details, "details"),
        _ => reader.skip(),
    })?;
    let mut details = details.ok_or_else(|| R::stop(IssueCode::Missing, "details"))?;
    details.array("details", |reader| {
        if orders.len() >= MOST_ELEMENTS {
            return Err(R::stop(IssueCode::FrameTooLarge, "details"));
        }
        orders.extend(reader.element(read_order)?.map(|order| RawLiquidation {
            symbol,
            stream_symbol,
            ..order
        }));
        Ok(())
    })
}

/// `side` is that of the closing order, `posSide` that of the position; `bkPx` is the bankruptcy price.
fn read_order<'a, R: Reader<'a>>(reader: &mut R) -> Result<RawLiquidation<'a>, R::Stop> {
    let mut order = RawLiquidation {
        channel: CHANNEL,
        side_is_position: false,
        keys: ("instId", "ts", "side", "bkPx", "sz"),
        time_type: JsonType::Text,
        stream_symbol: None,
        symbol: RawField::Missing,
        side: RawField::Missing,
        price: RawField::Missing,
        average_price: RawField::Missing,
        quantity: RawField::Missing,
        status: RawField::Missing,
        time: RawField::Missing,
        published: RawField::Missing,
        metadata: &[],
        content: &[],
        ordinal: 0,
        has_byte_order_mark: reader.has_byte_order_mark(),
    };
    let mut position_side = RawField::Missing;
    let ((), content) = reader.with_source(|reader| {
        reader.object("details", |key, reader| match key {
            b"side" => reader.once(&mut order.side, "side"),
            b"posSide" => reader.once(&mut position_side, "posSide"),
            b"bkPx" => reader.once(&mut order.price, "bkPx"),
            b"sz" => reader.once(&mut order.quantity, "sz"),
            b"ts" => reader.once(&mut order.time, "ts"),
            _ => reader.skip(),
        })
    })?;
    order.content = content;
    if let Some(side) = word(position_side) {
        order.metadata = reader.arena().alloc_slice_copy(&[("position_side", side)]);
    }
    Ok(order)
}
