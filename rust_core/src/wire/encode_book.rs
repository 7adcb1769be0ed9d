//! One order-book message as one `MarketEvent`, byte for byte what prost would write.

use super::encode_head::{put_head, reserve_event, usual_length};
use super::encode_trade::{packed_decimal, packed_quantity, put_decimal};
use super::writer::{Buffer, low_byte};
use crate::model::{BookEvent, Level};

/// Most bytes of one level: its tag and length, and two decimals of 22 bytes each.
const MAX_LEVEL: usize = 46;
/// Bytes that a usual level has, to guess the lengths of the messages around it.
const USUAL_LEVEL: usize = 20;
/// Most bytes of an `OrderBook` beside its levels: tag and length, three enums, three ids.
const MAX_FIXED: usize = 48;
/// Bytes that those usually have.
const USUAL_FIXED: usize = 20;
/// Digits that an update id usually has.
const USUAL_DIGITS: usize = 11;

/// Appends field 8 of a `MarketDataBatch`.
pub(super) fn encode_book(out: &mut Buffer, event: &BookEvent<'_>) {
    let levels = event.bids.len() + event.asks.len();
    let usual_head = usual_length(&event.head, USUAL_DIGITS);
    let usual_book = USUAL_FIXED + levels * USUAL_LEVEL;
    let most = MAX_FIXED + levels * MAX_LEVEL;
    reserve_event(out, &event.head, usual_head, most);
    let start = out.open_for(0x42, usual_head + usual_book + 3);
    put_head(out, &event.head, |out| {
        put_native_id(out, event.last_update_id);
    });
    let book = out.open_for(0x5a, usual_book);
    out.put(
        [
            0x08,
            event.depth as u8,
            0x10,
            event.action as u8,
            0x18,
            event.origin as u8,
        ],
        6,
    );
    put_id(out, 0x20, event.first_update_id);
    put_id(out, 0x28, event.last_update_id);
    put_id(out, 0x30, event.prev_update_id);
    put_levels(out, 0x3a, event.bids);
    put_levels(out, 0x42, event.asks);
    out.close(book);
    out.close(start);
}

/// The last update id as text.
fn put_native_id(out: &mut Buffer, id: Option<i64>) {
    match id.map(u64::try_from) {
        Some(Ok(id)) => out.put_digits(0x12, id),
        Some(Err(_)) => put_negative_id(out, id.unwrap_or_default()),
        None => {}
    }
}

#[cold]
fn put_negative_id(out: &mut Buffer, id: i64) {
    let text = id.to_string();
    out.put([0x12, low_byte(text.len() as u64)], 2);
    out.put_slice(text.as_bytes());
}

/// A negative number takes ten bytes, as in all protobuf.
fn put_id(out: &mut Buffer, tag: u8, id: Option<i64>) {
    if let Some(id) = id {
        out.put([tag], 1);
        out.put_varint(id.cast_unsigned());
    }
}

#[inline]
fn put_levels(out: &mut Buffer, tag: u8, levels: &[Level]) {
    for level in levels {
        if put_usual_level(out, tag, level).is_none() {
            put_rare_level(out, tag, level);
        }
    }
}

/// Writes a level of two numbers of up to 55 bits, in a few stores.
#[inline(always)]
fn put_usual_level(out: &mut Buffer, tag: u8, level: &Level) -> Option<()> {
    let (price, price_length) = packed_decimal(0x0a, level.price)?;
    let (quantity, quantity_length) = packed_quantity(0x12, level.quantity)?;
    // Each decimal has at most 13 bytes.
    let length = price_length.wrapping_add(quantity_length);
    let slot = out.next_chunk::<32>()?;
    slot[..2].copy_from_slice(&[tag, low_byte(length as u64)]);
    let (_, decimals) = slot.split_first_chunk_mut::<2>()?;
    *decimals.first_chunk_mut()? = price.to_le_bytes();
    *decimals.get_mut(price_length..)?.first_chunk_mut()? = quantity.to_le_bytes();
    out.count(length.wrapping_add(2));
    Some(())
}

#[cold]
fn put_rare_level(out: &mut Buffer, tag: u8, level: &Level) {
    let start = out.open(tag);
    put_decimal(out, 0x0a, level.price);
    put_decimal(out, 0x12, level.quantity);
    out.close(start);
}
