//! Coverage and quarantine records as prost messages. They are rare, so prost writes them.

use super::generated as proto;
use super::generated::market_event::Payload;
use crate::model::{Coverage, Quality, Quarantine};

/// Most bytes of a frame that an event or a record keeps, so that a batch stays below the 1,000,000
/// bytes that brokers take.
pub const MAX_RAW: usize = 200_000;
/// Most price levels of one order-book message, both sides together. At up to 46 bytes each they and a
/// frame of [`MAX_RAW`] bytes, behind a batch that is not full yet, stay below the 1,000,000 bytes too.
pub const MAX_BOOK_LEVELS: usize = 10_000;
/// Most bytes of the reason of a coverage record.
pub const MAX_REASON: usize = 1_024;

pub(super) fn coverage_event(record: &Coverage) -> proto::MarketEvent {
    proto::MarketEvent {
        received_ns: record.received.map(crate::model::UnixNanos::get),
        payload: Some(Payload::Coverage(proto::Coverage {
            kind: record.kind as i32,
            proof: record.proof as i32,
            channel: record.channel.clone().into_owned(),
            first_id: record.ids.map(|(first, _)| first),
            last_id: record.ids.map(|(_, last)| last),
            start_ns: record.start.map(crate::model::UnixNanos::get),
            end_ns: record.end.map(crate::model::UnixNanos::get),
            reason: kept_reason(&record.reason).to_owned(),
        })),
        ..proto::MarketEvent::default()
    }
}

fn kept_reason(reason: &str) -> &str {
    reason
        .get(..reason.floor_char_boundary(MAX_REASON))
        .unwrap_or_default()
}

pub(super) fn quarantine_event(record: &Quarantine<'_>) -> proto::MarketEvent {
    let kept = record.raw.get(..MAX_RAW).unwrap_or(record.raw);
    proto::MarketEvent {
        received_ns: record.received.map(crate::model::UnixNanos::get),
        quality: i32::from(Quality::Discarded.number()),
        issues: vec![record.reason as i32],
        raw: kept.to_vec(),
        payload: Some(Payload::Quarantine(proto::Quarantine {
            reason: record.reason as i32,
            stage: u32::from(record.stage),
            field: record.field.to_owned(),
            offset: record.offset.map(|offset| offset as u64),
            raw_length: record.raw_length as u64,
        })),
        ..proto::MarketEvent::default()
    }
}
