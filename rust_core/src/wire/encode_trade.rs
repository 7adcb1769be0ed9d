//! The hot encoder: one trade as one `MarketEvent`, byte for byte what prost would write.

use super::writer::{Buffer, short_varint};
use crate::model::{Decimal, IssueSet, TradeEvent};

/// Most bytes of a trade's `MarketEvent` without its raw frame: 18 event id, 22 native id, 27 times, 2
/// quality, 130 issues, 84 metadata, 51 trade, the lengths of event and frame. Rounded up.
const MAX_WITHOUT_RAW: usize = 384;

/// Appends field 8 of a `MarketDataBatch`.
pub(super) fn encode_trade(out: &mut Buffer, event: &TradeEvent<'_>) {
    out.reserve(MAX_WITHOUT_RAW + event.raw.map_or(0, <[u8]>::len));
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
    let packed = i64::try_from(value.units())
        .ok()
        .filter(|units| *units != 0)
        .and_then(|units| {
            let zigzag = (units.wrapping_shl(1) ^ (units >> 63)).cast_unsigned();
            short_varint(zigzag)
        });
    let Some((units, length)) = packed else {
        put_rare_decimal(out, tag, value);
        return;
    };
    // Tag, length, units and scale: at most 13 bytes, one store.
    let scale = u128::from(value.scale());
    let (scale_field, scale_length) = if scale == 0 {
        (0, 0)
    } else {
        (0x10 | (scale << 8), 2)
    };
    let body_length = 1 + length + scale_length;
    let body = 0x08 | (u128::from(units) << 8) | (scale_field << (8 * (length + 1)));
    let word = u128::from(tag) | ((body_length as u128) << 8) | (body << 16);
    out.put(word.to_le_bytes(), 2 + body_length);
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
