//! The hand-written encoder against prost, byte for byte.

use std::collections::BTreeMap;

use proptest::prelude::*;
use prost::Message;

use super::generated as proto;
use super::*;
use crate::model::{
    Coverage, CoverageKind, Decimal, EventId, Instrument, IssueCode, IssueSet, ProofLevel,
    Quarantine, Side, TradeEvent, UnixNanos,
};

fn instrument() -> Instrument {
    let text = |text: &str| text.to_owned();
    Instrument {
        exchange: text("binance"),
        market: text("spot"),
        symbol: text("币/USDT"),
        raw_symbol: text("币USDT"),
    }
}

fn decimal(value: Decimal) -> proto::Decimal {
    let narrow = i64::try_from(value.units());
    proto::Decimal {
        units: narrow.unwrap_or_default(),
        scale: u32::from(value.scale()),
        wide_units: if narrow.is_ok() {
            Vec::new()
        } else {
            value.units().to_be_bytes().to_vec()
        },
    }
}

fn message(event: &TradeEvent<'_>) -> proto::MarketEvent {
    let range = event.trade_id_range;
    let metadata = range.map_or_else(BTreeMap::new, |(first, last)| {
        BTreeMap::from([
            ("first_trade_id".to_owned(), first.to_string()),
            ("last_trade_id".to_owned(), last.to_string()),
        ])
    });
    proto::MarketEvent {
        event_id: event.event_id.as_bytes().to_vec(),
        native_id: event.native_id.to_string(),
        timestamp_ns: Some(event.timestamp.get()),
        received_ns: event.received.map(UnixNanos::get),
        published_ns: event.published.map(UnixNanos::get),
        quality: i32::from(event.issues.quality().number()),
        issues: event.issues.numbers().map(i32::from).collect(),
        metadata,
        raw: event.raw.map(<[u8]>::to_vec).unwrap_or_default(),
        payload: Some(proto::market_event::Payload::Trade(proto::Trade {
            price: Some(decimal(event.price)),
            quantity: Some(decimal(event.quantity)),
            side: i32::from(event.side.number()),
        })),
    }
}

fn batch(
    count: u32,
    sent_ns: i64,
    event_type: proto::EventType,
    events: Vec<proto::MarketEvent>,
) -> proto::MarketDataBatch {
    let instrument = instrument();
    proto::MarketDataBatch {
        schema_version: 1,
        producer: "producer-1".to_owned(),
        batch_id: 1,
        event_count: count,
        sent_ns,
        instrument: Some(proto::Instrument {
            exchange: instrument.exchange,
            market: instrument.market,
            symbol: instrument.symbol,
            raw_symbol: instrument.raw_symbol,
        }),
        event_type: event_type as i32,
        events,
        crc32c: 0,
    }
}

/// prost's bytes of the batch with its checksum.
fn sealed(batch: &proto::MarketDataBatch) -> Vec<u8> {
    let mut value = batch.encode_to_vec();
    let crc = crc32c::crc32c(&value);
    value.push(0x7d);
    value.extend_from_slice(&crc.to_le_bytes());
    value
}

prop_compose! {
    fn decimals()(units in any::<i128>(), shift in 0_u32..128, scale in 0_u32..=38) -> Decimal {
        Decimal::new(units >> shift, scale).unwrap_or(Decimal::ZERO)
    }
}

prop_compose! {
    fn trades()(
        id in (any::<u64>(), any::<u64>(), 0_u32..64),
        times in (any::<i64>(), any::<Option<i64>>(), any::<Option<i64>>()),
        codes in prop::collection::vec(prop::sample::select(IssueCode::ALL), 0..30),
        numbers in (decimals(), decimals(), any::<bool>()),
        range in any::<Option<(u64, u64)>>(),
        raw in prop::option::of(prop::collection::vec(any::<u8>(), 0..300)),
    ) -> (TradeEvent<'static>, Option<Vec<u8>>) {
        let mut issues = IssueSet::EMPTY;
        codes.into_iter().for_each(|code| issues.insert(code));
        (TradeEvent {
            event_id: EventId::from_sequence(id.0 >> 6, id.1),
            native_id: id.1 >> id.2,
            timestamp: UnixNanos::new(times.0),
            received: times.1.map(UnixNanos::new),
            published: times.2.map(UnixNanos::new),
            issues,
            price: numbers.0,
            quantity: numbers.1,
            side: if numbers.2 { Side::Buy } else { Side::Sell },
            trade_id_range: range,
            raw: None,
        }, raw)
    }
}

proptest! {
    #[test]
    fn a_batch_of_trades_has_the_bytes_that_prost_writes(
        events in prop::collection::vec(trades(), 1..20), sent_ns in any::<i64>(),
    ) {
        let events: Vec<TradeEvent<'_>> =
            events.iter().map(|(event, raw)| TradeEvent { raw: raw.as_deref(), ..*event }).collect();
        let mut encoder = TradeEncoder::new(&instrument(), "producer-1").unwrap();
        events.iter().for_each(|event| encoder.push(event));
        let value = encoder.flush(UnixNanos::new(sent_ns), |batch| batch.as_bytes().to_vec()).unwrap();
        let expected = batch(u32::try_from(events.len()).unwrap(), sent_ns, proto::EventType::Trade,
            events.iter().map(message).collect());
        prop_assert_eq!(value, sealed(&expected));
    }
}

fn small_trade() -> TradeEvent<'static> {
    TradeEvent {
        event_id: EventId::from_sequence(1, 2),
        native_id: 2,
        timestamp: UnixNanos::new(3),
        received: None,
        published: None,
        issues: IssueSet::EMPTY,
        price: Decimal::parse(b"61837.63").unwrap(),
        quantity: Decimal::parse(b"0.001").unwrap(),
        side: Side::Buy,
        trade_id_range: None,
        raw: None,
    }
}

#[test]
fn batches_are_numbered_and_do_not_share_events() {
    let mut encoder = TradeEncoder::new(&instrument(), "p").unwrap();
    assert_eq!(
        encoder.flush(UnixNanos::new(0), |batch| batch.as_bytes().to_vec()),
        None
    );
    for batch_id in 1..=3 {
        encoder.push(&small_trade());
        let value = encoder
            .flush(UnixNanos::new(0), |batch| batch.as_bytes().to_vec())
            .unwrap();
        let read = proto::MarketDataBatch::decode(value.as_slice()).unwrap();
        assert_eq!(
            (read.batch_id, read.event_count, read.events.len()),
            (batch_id, 1, 1)
        );
    }
}

#[test]
fn headers_of_every_length_follow_each_other() {
    let mut encoder = TradeEncoder::new(&instrument(), "producer-1").unwrap();
    for batch_id in 1..=33_000_u64 {
        // The lengths of batch number, count and time all change, and some headers are like the last.
        let events = if batch_id % 100 < 3 { 200 } else { 1 };
        let sent_ns = if batch_id % 7 == 5 {
            0
        } else {
            batch_id.cast_signed()
        };
        (0..events).for_each(|_| encoder.push(&small_trade()));
        let value = encoder
            .flush(UnixNanos::new(sent_ns), |batch| batch.as_bytes().to_vec())
            .unwrap();
        if batch_id > 300 && !(16_300..16_500).contains(&batch_id) && batch_id % 1_000 > 3 {
            continue;
        }
        let messages = vec![message(&small_trade()); events];
        let count = u32::try_from(events).unwrap();
        let expected = batch(count, sent_ns, proto::EventType::Trade, messages);
        assert_eq!(
            value,
            sealed(&proto::MarketDataBatch {
                batch_id,
                ..expected
            }),
            "{batch_id}"
        );
    }
}

#[test]
fn a_batch_is_full_at_256_events_or_256_kib() {
    let mut by_count = TradeEncoder::new(&instrument(), "p").unwrap();
    for _ in 0..255 {
        by_count.push(&small_trade());
    }
    assert!(!by_count.is_full());
    by_count.push(&small_trade());
    assert!(by_count.is_full());

    let raw = vec![b'x'; 200_000];
    let mut by_bytes = TradeEncoder::new(&instrument(), "p").unwrap();
    by_bytes.push(&TradeEvent {
        raw: Some(&raw),
        ..small_trade()
    });
    assert!(!by_bytes.is_full());
    by_bytes.push(&TradeEvent {
        raw: Some(&raw),
        ..small_trade()
    });
    assert!(by_bytes.is_full());
}

#[test]
fn a_quarantine_record_keeps_the_head_of_a_long_frame_and_its_length() {
    let mut encoder = QuarantineEncoder::new(&instrument(), "producer-1").unwrap();
    let raw = vec![b'['; 300_000];
    encoder.push(&Quarantine {
        reason: IssueCode::Depth,
        stage: 1,
        field: "$",
        offset: Some(128),
        received: Some(UnixNanos::new(5)),
        raw: &raw,
    });
    let value = encoder
        .flush(UnixNanos::new(5), |batch| batch.as_bytes().to_vec())
        .unwrap();
    let read = proto::MarketDataBatch::decode(value.as_slice()).unwrap();
    let event = &read.events[0];
    assert_eq!((event.raw.len(), event.quality), (MAX_RAW, 4));
    let Some(proto::market_event::Payload::Quarantine(record)) = &event.payload else {
        panic!("{event:?}")
    };
    assert_eq!(
        (record.reason, record.offset, record.raw_length),
        (6, Some(128), 300_000)
    );
    assert_eq!(value, sealed(&proto::MarketDataBatch { crc32c: 0, ..read }));
}

#[test]
fn a_coverage_record_keeps_every_field() {
    let mut encoder = CoverageEncoder::new(&instrument(), "producer-1").unwrap();
    encoder.push(&Coverage {
        kind: CoverageKind::GapOpened,
        proof: ProofLevel::Inferred,
        channel: "trade",
        ids: Some((7, 9)),
        start: Some(UnixNanos::new(1)),
        end: None,
        received: Some(UnixNanos::new(3)),
        reason: "ids were skipped".to_owned(),
    });
    let value = encoder
        .flush(UnixNanos::new(0), |batch| batch.as_bytes().to_vec())
        .unwrap();
    let expected = proto::MarketEvent {
        received_ns: Some(3),
        payload: Some(proto::market_event::Payload::Coverage(proto::Coverage {
            kind: 2,
            proof: 4,
            channel: "trade".to_owned(),
            first_id: Some(7),
            last_id: Some(9),
            start_ns: Some(1),
            end_ns: None,
            reason: "ids were skipped".to_owned(),
        })),
        ..Default::default()
    };
    assert_eq!(
        value,
        sealed(&batch(1, 0, proto::EventType::Coverage, vec![expected]))
    );
}
