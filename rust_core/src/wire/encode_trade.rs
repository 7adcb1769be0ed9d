//! The hot encoder: one trade as one `MarketEvent`, byte for byte what prost would write.

use super::writer::{Buffer, low_byte, short_digits, short_varint};
use crate::model::{Decimal, IssueSet, Quality, TradeEvent};

/// Most bytes of a trade's `MarketEvent` without its raw frame: 18 event id, 22 native id, 27 times, 2
/// quality, 130 issues, 84 metadata, 51 trade, the lengths of event and frame. Rounded up.
const MAX_WITHOUT_RAW: usize = 384;

/// Appends field 8 of a `MarketDataBatch`.
#[inline(always)]
pub(super) fn encode_trade(out: &mut Buffer, event: &TradeEvent<'_>) {
    out.reserve(MAX_WITHOUT_RAW + event.raw.map_or(0, <[u8]>::len));
    if encode_usual(out, event).is_none() {
        encode_unusual(out, event);
    }
}

/// Writes a Perfect event that has all three times, no metadata and no frame: its lengths are known
/// beforehand and its fields go out in a few stores. `None`, and nothing written, for any other.
#[inline(always)]
fn encode_usual(out: &mut Buffer, event: &TradeEvent<'_>) -> Option<()> {
    let (received, published) = (event.received?, event.published?);
    if !event.issues.is_empty() || event.trade_id_range.is_some() || event.raw.is_some() {
        return None;
    }
    let (native_id, native_length) = short_digits(event.native_id)?;
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

/// Writes any event.
#[inline(never)]
fn encode_unusual(out: &mut Buffer, event: &TradeEvent<'_>) {
    let start = out.open(0x42);
    out.put([0x0a, 16], 2);
    out.put(*event.event_id.as_bytes(), 16);
    out.put_digits(0x12, event.native_id);
    out.put_fixed64(0x19, event.timestamp.get());
    if let Some(received) = event.received {
        out.put_fixed64(0x21, received.get());
    }
    if let Some(published) = event.published {
        out.put_fixed64(0x29, published.get());
    }
    out.put([0x30, event.issues.quality().number()], 2);
    if !event.issues.is_empty() {
        put_issues(out, event.issues);
    }
    if let Some((first, last)) = event.trade_id_range {
        put_metadata(out, b"first_trade_id", first);
        put_metadata(out, b"last_trade_id", last);
    }
    if let Some(raw) = event.raw {
        put_raw(out, raw);
    }
    let trade = out.open(0x52);
    put_decimal(out, 0x0a, event.price);
    put_decimal(out, 0x12, event.quantity);
    out.put([0x18, event.side.number()], 2);
    out.close(trade);
    out.close(start);
}

/// Packed enum numbers; each is below 128 and takes one byte.
fn put_issues(out: &mut Buffer, issues: IssueSet) {
    let start = out.open(0x3a);
    for number in issues.numbers() {
        out.put([number], 1);
    }
    out.close(start);
}

fn put_metadata(out: &mut Buffer, key: &[u8], value: u64) {
    let entry = out.open(0x42);
    let start = out.open(0x0a);
    out.put_slice(key);
    out.close(start);
    out.put_digits(0x12, value);
    out.close(entry);
}

/// Empty bytes are the field's default and are not written.
fn put_raw(out: &mut Buffer, raw: &[u8]) {
    if !raw.is_empty() {
        out.put([0x4a], 1);
        out.put_varint(raw.len() as u64);
        out.put_slice(raw);
    }
}

#[inline(always)]
fn put_decimal(out: &mut Buffer, tag: u8, value: Decimal) {
    match packed_decimal(tag, value) {
        Some((word, length)) => out.put(word.to_le_bytes(), length),
        None => put_rare_decimal(out, tag, value),
    }
}

/// Returns tag, length, units and scale, at most 13 bytes, as a little-endian word, and their count;
/// `None` for zero and for units of more than 55 bits.
#[inline(always)]
fn packed_decimal(tag: u8, value: Decimal) -> Option<(u128, usize)> {
    let units = i64::try_from(value.units())
        .ok()
        .filter(|units| *units != 0)?;
    let (units, length) = short_varint((units.wrapping_shl(1) ^ (units >> 63)).cast_unsigned())?;
    let scale = u128::from(value.scale());
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
