//! The hot encoder: one trade as one `MarketEvent`, byte for byte what prost would write.

use super::encode_head::{
    put_entries, put_entry, put_identity, put_raw, put_text, reserve_event, usual_length,
};
use super::writer::{Buffer, DecimalText, low_byte, short_digits, short_varint};
use crate::model::{Decimal, EventHead, NativeId, Quality, RawMetadata, TradeEvent};

/// Most bytes of a usual event, see [`encode_usual`]: what it may touch while it writes.
const MAX_USUAL: usize = 128;
/// Most bytes of an event beside its head: the two ids of a range as metadata 84, the trade 51.
const MAX_TRADE: usize = 160;
/// Bytes that a trade without a range usually has.
const USUAL_TRADE: usize = 26;
/// Digits that an id usually has.
const USUAL_DIGITS: usize = 10;

/// Appends field 8 of a `MarketDataBatch`.
#[inline(always)]
pub(super) fn encode_trade(out: &mut Buffer, event: &TradeEvent<'_>) {
    out.reserve(MAX_USUAL);
    if encode_usual(out, event).is_none() {
        encode_any(out, event);
    }
}

/// Writes a Perfect event that has all three times, no metadata and no frame: its lengths are known
/// beforehand and its fields go out in a few stores. `None`, and nothing written, for any other.
#[inline(always)]
fn encode_usual(out: &mut Buffer, event: &TradeEvent<'_>) -> Option<()> {
    let (received, published) = (event.received?, event.published?);
    if !event.issues.is_empty()
        || event.trade_id_range.is_some()
        || event.raw.is_some()
        || !event.metadata.is_empty()
    {
        return None;
    }
    let NativeId::Number(number) = event.native_id else {
        return None;
    };
    let (native_id, native_length) = short_digits(number)?;
    let (price, price_length) = packed_decimal(0x0a, event.price)?;
    let (quantity, quantity_length) = packed_decimal(0x12, event.quantity)?;
    // Native id 16, decimals 13 each: the event has at most 95 bytes, and every length is one byte.
    let trade_length = price_length.wrapping_add(quantity_length).wrapping_add(2);
    let length = trade_length.wrapping_add(native_length).wrapping_add(51);
    let head = out.next_chunk::<128>()?;
    head[..4].copy_from_slice(&[0x42, low_byte(length as u64), 0x0a, 16]);
    head[4..20].copy_from_slice(event.event_id.as_bytes());
    head[20..22].copy_from_slice(&[0x12, low_byte(native_length as u64)]);
    head[22..38].copy_from_slice(&native_id.to_le_bytes());
    let after_id = head.get_mut(native_length.wrapping_add(22)..)?;
    let (times, decimals) = after_id.split_first_chunk_mut::<31>()?;
    times[0] = 0x19;
    times[1..9].copy_from_slice(&event.timestamp.get().to_le_bytes());
    times[9] = 0x21;
    times[10..18].copy_from_slice(&received.get().to_le_bytes());
    times[18] = 0x29;
    times[19..27].copy_from_slice(&published.get().to_le_bytes());
    times[27..].copy_from_slice(&[
        0x30,
        Quality::Perfect.number(),
        0x52,
        low_byte(trade_length as u64),
    ]);
    *decimals.first_chunk_mut()? = price.to_le_bytes();
    let side = (0x18 | (u128::from(event.side.number()) << 8)) << (8 * quantity_length);
    *decimals.get_mut(price_length..)?.first_chunk_mut()? = (quantity | side).to_le_bytes();
    out.count(length.wrapping_add(2));
    Some(())
}

/// Writes any event; its length is guessed, and only a wrong guess costs a move.
#[inline(never)]
fn encode_any(out: &mut Buffer, event: &TradeEvent<'_>) {
    let head = EventHead {
        event_id: event.event_id,
        timestamp: Some(event.timestamp),
        received: event.received,
        published: event.published,
        issues: event.issues,
        metadata: event.metadata,
        raw: event.raw,
    };
    let id_length = match event.native_id {
        NativeId::Number(_) => USUAL_DIGITS,
        NativeId::Text(text) => text.len(),
    };
    let usual = usual_length(&head, id_length);
    reserve_event(out, &head, usual, MAX_TRADE);
    let start = out.open_for(0x42, usual + USUAL_TRADE);
    put_identity(out, &head, |out| match event.native_id {
        NativeId::Number(number) => out.put_digits(0x12, number),
        NativeId::Text(text) => put_text(out, 0x12, text),
    });
    put_metadata(out, event);
    put_raw(out, event.raw);
    let trade = out.open(0x52);
    put_decimal(out, 0x0a, event.price);
    put_decimal(out, 0x12, event.quantity);
    out.put([0x18, event.side.number()], 2);
    out.close(trade);
    out.close(start);
}

/// Entries ascend by key, those of the range of ids among them.
fn put_metadata(out: &mut Buffer, event: &TradeEvent<'_>) {
    const FIRST: &str = "first_trade_id";
    const LAST: &str = "last_trade_id";
    let Some((first, last)) = event.trade_id_range else {
        return put_entries(out, event.metadata);
    };
    let (before, rest) = split_at_key(event.metadata, FIRST);
    let (between, after) = split_at_key(rest, LAST);
    put_entries(out, before);
    put_entry(out, FIRST.as_bytes(), DecimalText::of(first).as_bytes());
    put_entries(out, between);
    put_entry(out, LAST.as_bytes(), DecimalText::of(last).as_bytes());
    put_entries(out, after);
}

fn split_at_key<'a, 'b>(
    entries: &'b [RawMetadata<'a>],
    key: &str,
) -> (&'b [RawMetadata<'a>], &'b [RawMetadata<'a>]) {
    let count = entries.partition_point(|(known, _)| *known < key);
    entries.split_at_checked(count).unwrap_or((entries, &[]))
}

#[inline(always)]
pub(super) fn put_decimal(out: &mut Buffer, tag: u8, value: Decimal) {
    match packed_decimal(tag, value) {
        Some((word, length)) => out.put(word.to_le_bytes(), length),
        None => put_rare_decimal(out, tag, value),
    }
}

/// Returns tag, length, units and scale, at most 13 bytes, as a little-endian word, and their count;
/// `None` for zero and for units of more than 55 bits.
#[inline(always)]
pub(super) fn packed_decimal(tag: u8, value: Decimal) -> Option<(u128, usize)> {
    let units = i64::try_from(value.units())
        .ok()
        .filter(|units| *units != 0)?;
    packed_units(tag, units, value.scale())
}

/// As [`packed_decimal`], but zero too, whose message is empty. Without a branch: half the levels of a
/// book's delta are removals, and no processor foresees which. Bytes beyond the count are of no meaning.
#[inline(always)]
pub(super) fn packed_quantity(tag: u8, value: Decimal) -> Option<(u128, usize)> {
    let units = i64::try_from(value.units()).ok()?;
    let (word, count) = packed_units(tag, units, value.scale())?;
    let is_set = units != 0;
    let length_byte = 0xff00_u128.wrapping_mul(u128::from(is_set)) | !0xff00;
    let body = count.wrapping_sub(2).wrapping_mul(usize::from(is_set));
    Some((word & length_byte, body.wrapping_add(2)))
}

#[inline(always)]
fn packed_units(tag: u8, units: i64, scale: u8) -> Option<(u128, usize)> {
    let (units, length) = short_varint((units.wrapping_shl(1) ^ (units >> 63)).cast_unsigned())?;
    let scale = u128::from(scale);
    let (scale_field, scale_length) = if scale == 0 {
        (0, 0)
    } else {
        (0x10 | (scale << 8), 2)
    };
    let body_length = 1 + length + scale_length;
    let body = 0x08 | (u128::from(units) << 8) | (scale_field << (8 * (length + 1)));
    let word = u128::from(tag) | ((body_length as u128) << 8) | (body << 16);
    Some((word, 2 + body_length))
}

/// Zero, and units of more than 55 bits.
#[cold]
fn put_rare_decimal(out: &mut Buffer, tag: u8, value: Decimal) {
    let start = out.open(tag);
    let narrow = i64::try_from(value.units());
    if let Ok(units) = narrow
        && units != 0
    {
        out.put([0x08], 1);
        out.put_varint((units.wrapping_shl(1) ^ (units >> 63)).cast_unsigned());
    }
    if value.scale() != 0 {
        out.put([0x10, value.scale()], 2);
    }
    if narrow.is_err() {
        out.put([0x1a, 16], 2);
        out.put(value.units().to_be_bytes(), 16);
    }
    out.close(start);
}
