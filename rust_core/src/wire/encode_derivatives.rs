//! Funding states and forced orders as `MarketEvent`s, byte for byte what prost would write.

use super::encode_head::{put_head, put_text, reserve_event, usual_length};
use super::encode_trade::put_decimal;
use super::writer::{Buffer, Open};
use crate::model::{Decimal, EventHead, FundingEvent, LiquidationEvent};

/// Most bytes of a payload beside its text: tag and length, three decimals of 22 bytes, two times.
const MAX_PAYLOAD: usize = 96;

/// Appends field 8 of a `MarketDataBatch`.
pub(super) fn encode_funding(out: &mut Buffer, event: &FundingEvent<'_>) {
    let start = open_event(out, &event.head, MAX_PAYLOAD);
    let funding = out.open(0x62);
    put_present(out, 0x0a, event.rate);
    put_present(out, 0x12, event.mark_price);
    put_present(out, 0x1a, event.index_price);
    if let Some(interval_ns) = event.interval_ns {
        out.put_fixed64(0x21, interval_ns);
    }
    if let Some(next_funding) = event.next_funding {
        out.put_fixed64(0x29, next_funding.get());
    }
    out.close(funding);
    out.close(start);
}

/// Appends field 8 of a `MarketDataBatch`.
pub(super) fn encode_liquidation(out: &mut Buffer, event: &LiquidationEvent<'_>) {
    let start = open_event(out, &event.head, MAX_PAYLOAD + event.status.len());
    let liquidation = out.open(0x6a);
    out.put([0x08, event.side.number()], 2);
    put_decimal(out, 0x12, event.price);
    put_present(out, 0x1a, event.average_price);
    put_decimal(out, 0x22, event.quantity);
    put_text(out, 0x2a, event.status);
    out.close(liquidation);
    out.close(start);
}

/// Begins an event and writes all before its payload, which has at most `payload` bytes.
fn open_event(out: &mut Buffer, head: &EventHead<'_>, payload: usize) -> Open {
    let usual = usual_length(head, 0);
    reserve_event(out, head, usual, payload);
    let start = out.open_for(0x42, usual + payload / 2);
    put_head(out, head, |_| {});
    start
}

fn put_present(out: &mut Buffer, tag: u8, value: Option<Decimal>) {
    if let Some(value) = value {
        put_decimal(out, tag, value);
    }
}
