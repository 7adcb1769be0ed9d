//! The hand-written encoder against prost, byte for byte.

use proptest::prelude::*;
use prost::Message;

use super::generated as proto;
use super::*;
use crate::model::{
    Coverage, CoverageKind, Decimal, EventHead, EventId, Instrument, IssueCode, IssueSet, NativeId,
    ProofLevel, Quarantine, RawMetadata, Side, TradeEvent, UnixNanos,
};

pub(super) fn instrument() -> Instrument {
    let text = |text: &str| text.to_owned();
    Instrument {
        exchange: text("binance"),
        market: text("spot"),
        symbol: text("币/USDT"),
        raw_symbol: text("币USDT"),
        contract_size: None,
        funding_interval_ns: None,
    }
}

pub(super) fn decimal(value: Decimal) -> proto::Decimal {
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

/// prost's message of what all events share, without a payload.
pub(super) fn head_message(head: &EventHead<'_>) -> proto::MarketEvent {
    let text = |text: &[u8]| String::from_utf8(text.to_vec()).unwrap();
    proto::MarketEvent {
        event_id: head.event_id.as_bytes().to_vec(),
        timestamp_ns: head.timestamp.map(UnixNanos::get),
        received_ns: head.received.map(UnixNanos::get),
        published_ns: head.published.map(UnixNanos::get),
        quality: i32::from(head.issues.quality().number()),
        issues: head.issues.numbers().map(i32::from).collect(),
        metadata: head
            .metadata
            .iter()
            .map(|(key, value)| ((*key).to_owned(), text(value)))
            .collect(),
        raw: head.raw.map(<[u8]>::to_vec).unwrap_or_default(),
        ..proto::MarketEvent::default()
    }
}

fn message(event: &TradeEvent<'_>) -> proto::MarketEvent {
    let mut message = head_message(&EventHead {
        event_id: event.event_id,
        timestamp: Some(event.timestamp),
        received: event.received,
        published: event.published,
        issues: event.issues,
        metadata: event.metadata,
        raw: event.raw,
    });
    if let Some((first, last)) = event.trade_id_range {
        let (first, last) = (first.to_string(), last.to_string());
        message.metadata.insert("first_trade_id".to_owned(), first);
        message.metadata.insert("last_trade_id".to_owned(), last);
    }
    message.native_id = match event.native_id {
        NativeId::Number(number) => number.to_string(),
        NativeId::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
    };
    message.payload = Some(proto::market_event::Payload::Trade(proto::Trade {
        price: Some(decimal(event.price)),
        quantity: Some(decimal(event.quantity)),
        side: i32::from(event.side.number()),
    }));
    message
}

pub(super) fn batch(
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
pub(super) fn sealed(batch: &proto::MarketDataBatch) -> Vec<u8> {
    let mut value = batch.encode_to_vec();
    let crc = crc32c::crc32c(&value);
    value.push(0x7d);
    value.extend_from_slice(&crc.to_le_bytes());
    value
}

prop_compose! {
    pub(super) fn decimals()(
        units in any::<i128>(), shift in 0_u32..128, scale in 0_u32..=38,
    ) -> Decimal {
        Decimal::new(units >> shift, scale).unwrap_or(Decimal::ZERO)
    }
}

/// Keys around those of a range of ids.
const KEYS: [&str; 7] = [
    "block_trade",
    "first_trade",
    "first_trade_ids",
    "last_trade",
    "last_trade_ids",
    "order_type",
    "seq",
];

/// What an event borrows.
#[derive(Clone, Debug, Default)]
pub(super) struct Owned {
    texts: Vec<(&'static str, String)>,
    raw: Option<Vec<u8>>,
}

impl Owned {
    pub(super) fn metadata(&self) -> Vec<RawMetadata<'_>> {
        self.texts
            .iter()
            .map(|(key, text)| (*key, text.as_bytes()))
            .collect()
    }

    /// The head with what is borrowed put in.
    pub(super) fn fill<'a>(
        &'a self,
        head: EventHead<'static>,
        metadata: &'a [RawMetadata<'a>],
    ) -> EventHead<'a> {
        EventHead {
            metadata,
            raw: self.raw.as_deref(),
            ..head
        }
    }
}

/// Any text that an encoder must take: empty, short, longer than one byte of length.
pub(super) fn texts() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[0-9a-z-]{0,40}", 1 => "\\PC{0,200}"]
}

prop_compose! {
    pub(super) fn owned()(
        keys in prop::sample::subsequence(&KEYS[..], 0..=KEYS.len()),
        values in prop::collection::vec(texts(), KEYS.len()),
        raw in prop::option::weighted(0.3, prop::collection::vec(any::<u8>(), 0..300)),
        is_plain in any::<bool>(),
    ) -> Owned {
        if is_plain {
            return Owned::default();
        }
        Owned { texts: keys.into_iter().zip(values).collect(), raw }
    }
}

prop_compose! {
    pub(super) fn heads()(
        id in (any::<u64>(), any::<u64>()),
        times in prop::array::uniform3(any::<Option<i64>>()),
        codes in prop::collection::vec(prop::sample::select(IssueCode::ALL), 0..30),
        is_perfect in any::<bool>(),
    ) -> EventHead<'static> {
        let mut issues = IssueSet::EMPTY;
        let count = if is_perfect { 0 } else { codes.len() };
        codes.into_iter().take(count).for_each(|code| issues.insert(code));
        let [timestamp, received, published] = times.map(|time| time.map(UnixNanos::new));
        EventHead {
            event_id: EventId::from_sequence(id.0 >> 6, id.1),
            timestamp, received, published, issues,
            metadata: &[],
            raw: None,
        }
    }
}

/// A trade's id, as a number of any length or as a text.
fn native_ids() -> impl Strategy<Value = (u64, Option<String>)> {
    let number = (any::<u64>(), 0_u32..64).prop_map(|(number, shift)| number >> shift);
    (number, prop::option::of(texts()))
}

prop_compose! {
    fn trades()(
        head in heads(), owned in owned(), native_id in native_ids(), time in any::<i64>(),
        numbers in (decimals(), decimals(), any::<bool>()), range in any::<Option<(u64, u64)>>(),
    ) -> (TradeEvent<'static>, Owned, Option<String>) {
        (TradeEvent {
            event_id: head.event_id,
            native_id: NativeId::Number(native_id.0),
            timestamp: UnixNanos::new(time),
            received: head.received,
            published: head.published,
            issues: head.issues,
            price: numbers.0,
            quantity: numbers.1,
            side: if numbers.2 { Side::Buy } else { Side::Sell },
            trade_id_range: range,
            metadata: &[],
            raw: None,
        }, owned, native_id.1)
    }
}

proptest! {
    #[test]
    fn a_batch_of_trades_has_the_bytes_that_prost_writes(
        made in prop::collection::vec(trades(), 1..20), sent_ns in any::<i64>(),
    ) {
        let mut encoder = TradeEncoder::new(&instrument(), "producer-1").unwrap();
        let mut messages = Vec::new();
        for (event, owned, text) in &made {
            let metadata = owned.metadata();
            let native_id = text.as_ref().map(|text| NativeId::Text(text.as_bytes()));
            let event = TradeEvent {
                native_id: native_id.unwrap_or(event.native_id),
                metadata: &metadata,
                raw: owned.raw.as_deref(),
                ..*event
            };
            encoder.push(&event);
            messages.push(message(&event));
        }
        let value = encoder.flush(UnixNanos::new(sent_ns), |batch| batch.as_bytes().to_vec()).unwrap();
        let count = u32::try_from(made.len()).unwrap();
        prop_assert_eq!(value, sealed(&batch(count, sent_ns, proto::EventType::Trade, messages)));
    }
}

fn small_trade() -> TradeEvent<'static> {
    TradeEvent {
        event_id: EventId::from_sequence(1, 2),
        native_id: NativeId::Number(2),
        timestamp: UnixNanos::new(3),
        received: None,
        published: None,
        issues: IssueSet::EMPTY,
        price: Decimal::parse(b"61837.63").unwrap(),
        quantity: Decimal::parse(b"0.001").unwrap(),
        side: Side::Buy,
        trade_id_range: None,
        metadata: &[],
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
        raw_length: raw.len(),
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
        channel: "trade".into(),
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
