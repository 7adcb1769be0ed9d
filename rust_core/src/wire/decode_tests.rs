//! Reading back what was written, and refusing everything else.

use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
use proptest::prelude::*;

use super::*;
use crate::model::{
    Decimal, EventId, EventType, Instrument, IssueSet, NativeId, Side, TradeEvent, UnixNanos,
};

fn sample(count: u64) -> Vec<u8> {
    let text = |text: &str| text.to_owned();
    let instrument = Instrument {
        exchange: text("binance"),
        market: text("spot"),
        symbol: text("BTC/USDT"),
        raw_symbol: text("BTCUSDT"),
        contract_size: None,
        funding_interval_ns: None,
    };
    let mut encoder = TradeEncoder::new(&instrument, "p").unwrap();
    for id in 0..count {
        encoder.push(&TradeEvent {
            event_id: EventId::from_sequence(1, id),
            native_id: NativeId::Number(id),
            timestamp: UnixNanos::new(3),
            received: (id % 2 == 0).then_some(UnixNanos::new(4)),
            published: (id == 1).then_some(UnixNanos::new(5)),
            issues: IssueSet::EMPTY,
            price: Decimal::parse(b"61837.63").unwrap(),
            quantity: Decimal::parse(b"12345678901234567890.123456789012345678").unwrap(),
            side: Side::Sell,
            trade_id_range: (id == 1).then_some((7, 9)),
            metadata: &[],
            raw: None,
        });
    }
    encoder
        .flush(UnixNanos::new(9), |batch| batch.as_bytes().to_vec())
        .unwrap()
}

/// The message of the error, or `None` when the value is fine.
fn fault(value: &[u8]) -> Option<String> {
    decode([value], None, OnError::Raise)
        .err()
        .map(|error| error.to_string())
}

#[test]
fn what_was_written_comes_back() {
    let value = sample(3);
    let table = decode([value.as_slice(), value.as_slice()], None, OnError::Raise).unwrap();
    assert_eq!(
        (table.rows, table.event_type, table.batches.len()),
        (6, EventType::Trade, 1)
    );
    let batch = &table.batches[0];
    let price = batch
        .column_by_name("price")
        .unwrap()
        .as_primitive::<Decimal128Type>();
    assert_eq!(price.value(0), 61_837_630_000_000_000_000_000);
    let quantity = batch
        .column_by_name("quantity")
        .unwrap()
        .as_primitive::<Decimal128Type>();
    assert_eq!(
        quantity.value_as_string(5),
        "12345678901234567890.123456789012345678"
    );
    let received = batch.column_by_name("received_ns").unwrap();
    assert_eq!((received.is_null(0), received.is_null(1)), (false, true));
    let metadata = batch.column_by_name("metadata").unwrap().as_map();
    assert_eq!(
        metadata
            .value(1)
            .column(0)
            .as_string::<i32>()
            .iter()
            .flatten()
            .collect::<Vec<_>>(),
        ["first_trade_id", "last_trade_id", "published_ns"]
    );
    assert_eq!(metadata.value_length(2), 0);
}

#[test]
fn the_header_can_be_read_alone() {
    let value = sample(3);
    let info = inspect(&value).unwrap();
    assert_eq!(
        (
            info.batch_id,
            info.event_count,
            info.sent_ns,
            info.raw_symbol
        ),
        (1, 3, 9, "BTCUSDT")
    );
}

#[test]
fn no_values_give_an_empty_table_of_trades() {
    let table = decode([], None, OnError::Raise).unwrap();
    assert_eq!((table.rows, table.event_type), (0, EventType::Trade));
}

#[test]
fn every_prefix_is_an_error() {
    let value = sample(3);
    for end in 0..value.len() {
        assert!(fault(&value[..end]).is_some(), "{end}");
    }
    assert_eq!(fault(&[]).as_deref(), Some("value 0: empty batch"));
}

#[test]
fn every_flipped_bit_is_an_error() {
    let value = sample(2);
    for bit in 0..value.len() * 8 {
        let mut damaged = value.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(fault(&damaged).is_some(), "bit {bit}");
    }
}

#[test]
fn a_bad_value_leaves_no_rows_behind() {
    let good = sample(3);
    let mut bad = good[..good.len() - 5].to_vec();
    let last = bad.len() - 1;
    // The last byte is the side of the last trade; its tag becomes a second `price`.
    bad[last - 1] = 0x0d;
    let crc = crc32c(&bad).to_le_bytes();
    bad.push(0x7d);
    bad.extend_from_slice(&crc);
    let table = decode([good.as_slice(), &bad, &good], None, OnError::Collect).unwrap();
    assert_eq!(table.rows, 6);
    assert_eq!(table.batches[0].num_rows(), 6);
    assert_eq!(table.rejected.len(), 1);
    assert!(
        matches!(&table.rejected[0], (1, DecodeError::Event { index: 2, .. })),
        "{:?}",
        table.rejected
    );
}

proptest! {
    #[test]
    fn any_body_under_a_right_checksum_is_ok_or_an_error(mut body in prop::collection::vec(any::<u8>(), 0..200)) {
        let crc = crc32c(&body).to_le_bytes();
        body.push(0x7d);
        body.extend_from_slice(&crc);
        let _: Result<Decoded, DecodeFailure> = decode([body.as_slice()], None, OnError::Raise);
    }

    #[test]
    fn a_mutated_batch_under_a_right_checksum_never_panics(at in 0_usize..260, byte in any::<u8>()) {
        let value = sample(3);
        let mut body = value[..value.len() - 5].to_vec();
        let at = at % body.len();
        body[at] = byte;
        let crc = crc32c(&body).to_le_bytes();
        body.push(0x7d);
        body.extend_from_slice(&crc);
        let table = decode([body.as_slice()], None, OnError::Collect).unwrap();
        prop_assert_eq!(table.rows, if table.rejected.is_empty() { 3 } else { 0 });
    }
}
