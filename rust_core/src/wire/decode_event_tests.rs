//! Order-book messages, funding states and forced orders, written and read back.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int32Type, Int64Type};
use proptest::prelude::*;
use prost::Message;

use super::encode_tests::{batch, decimal, instrument, sealed};
use super::generated as proto;
use super::generated::market_event::Payload;
use super::*;
use crate::model::{
    BookAction, BookDepth, BookEvent, BookOrigin, Decimal, EventHead, EventId, FundingEvent,
    IssueCode, IssueSet, Level, LiquidationEvent, Side, UnixNanos,
};

const HEAD: EventHead<'static> = EventHead {
    event_id: EventId::from_sequence(1, 2),
    timestamp: Some(UnixNanos::new(3)),
    received: Some(UnixNanos::new(4)),
    published: Some(UnixNanos::new(5)),
    issues: IssueSet::EMPTY,
    metadata: &[("seq", b"77")],
    raw: None,
};

fn number(text: &str) -> Decimal {
    Decimal::parse(text.as_bytes()).unwrap()
}

fn level(price: &str, quantity: &str) -> Level {
    Level {
        price: number(price),
        quantity: number(quantity),
    }
}

fn book<'a>(bids: &'a [Level], asks: &'a [Level]) -> BookEvent<'a> {
    BookEvent {
        head: HEAD,
        depth: BookDepth::L2,
        action: BookAction::Delta,
        origin: BookOrigin::Wire,
        first_update_id: Some(7),
        last_update_id: Some(-9),
        prev_update_id: None,
        bids,
        asks,
    }
}

fn books(events: &[BookEvent<'_>]) -> Vec<u8> {
    let mut encoder = BookEncoder::new(&instrument(), "p").unwrap();
    events.iter().for_each(|event| encoder.push(event));
    encoder
        .flush(UnixNanos::new(9), |batch| batch.as_bytes().to_vec())
        .unwrap()
}

fn read(value: &[u8]) -> RecordBatch {
    let table = decode([value], None, OnError::Raise).unwrap();
    assert_eq!(table.schema, table.batches[0].schema());
    table.batches.into_iter().next().unwrap()
}

fn text(table: &RecordBatch, column: &str, row: usize) -> String {
    let column = table.column_by_name(column).unwrap();
    column.as_string::<i32>().value(row).to_owned()
}

fn decimal_text(table: &RecordBatch, column: &str, row: usize) -> Option<String> {
    let column = table.column_by_name(column).unwrap();
    let column = column.as_primitive::<Decimal128Type>();
    (!arrow_array::Array::is_null(column, row)).then(|| column.value_as_string(row))
}

fn integer(table: &RecordBatch, column: &str, row: usize) -> Option<i64> {
    let column = table.column_by_name(column).unwrap();
    let column = column.as_primitive::<Int64Type>();
    (!arrow_array::Array::is_null(column, row)).then(|| column.value(row))
}

fn side(table: &RecordBatch, column: &str, row: usize) -> Vec<(i128, i128)> {
    let levels = table.column_by_name(column).unwrap().as_list::<i32>();
    let levels = levels.value(row);
    let levels = levels.as_struct();
    let column = |index| levels.column(index).as_primitive::<Decimal128Type>();
    let pairs = column(0).values().iter().zip(column(1).values());
    pairs.map(|(price, quantity)| (*price, *quantity)).collect()
}

/// The message of the error, empty when the value is fine.
fn fault(value: &[u8]) -> String {
    let rejected = decode([value], None, OnError::Collect).unwrap().rejected;
    rejected
        .first()
        .map_or_else(String::new, |(_, error)| error.to_string())
}

#[test]
fn a_book_comes_back() {
    let snapshot = BookEvent {
        head: EventHead {
            timestamp: None,
            metadata: &[],
            published: None,
            ..HEAD
        },
        depth: BookDepth::L1,
        action: BookAction::Snapshot,
        origin: BookOrigin::Book,
        first_update_id: None,
        last_update_id: None,
        prev_update_id: Some(i64::MAX),
        ..book(&[], &[])
    };
    let bids = [
        level("61837.63", "0"),
        level("0.000000000000000001", "12345678901234567890.5"),
    ];
    let table = read(&books(&[book(&bids, &[level("1", "2")]), snapshot]));
    let one = 10_i128.pow(18);
    assert_eq!(
        side(&table, "bids", 0),
        [
            (61_837_630_000_000_000_000_000, 0),
            (1, 12_345_678_901_234_567_890 * one + one / 2),
        ]
    );
    assert_eq!(side(&table, "asks", 0), [(one, 2 * one)]);
    assert_eq!(side(&table, "bids", 1), []);
    let depth = table.column_by_name("depth").unwrap();
    assert_eq!(depth.as_primitive::<Int32Type>().values(), &[2, 1]);
    for (column, expected) in [
        ("action", ["delta", "snapshot"]),
        ("origin", ["wire", "book"]),
        ("quality", ["perfect", "perfect"]),
    ] {
        assert_eq!([text(&table, column, 0), text(&table, column, 1)], expected);
    }
    for (column, expected) in [
        ("first_update_id", [Some(7), None]),
        ("last_update_id", [Some(-9), None]),
        ("prev_update_id", [None, Some(i64::MAX)]),
        ("timestamp_ns", [Some(3), None]),
        ("received_ns", [Some(4), Some(4)]),
    ] {
        assert_eq!(
            [integer(&table, column, 0), integer(&table, column, 1)],
            expected
        );
    }
    let metadata = table.column_by_name("metadata").unwrap().as_map().value(0);
    let values = |index: usize| -> Vec<_> {
        let column = metadata.column(index).as_string::<i32>();
        column.iter().flatten().collect()
    };
    assert_eq!(values(0), ["seq", "published_ns"]);
    assert_eq!(values(1), ["77", "5"]);
}

#[test]
fn columns_have_the_documented_order() {
    let names = |event_type| -> Vec<String> {
        let table = decode([], Some(event_type), OnError::Raise).unwrap();
        let fields = table.schema.fields();
        fields.iter().map(|field| field.name().clone()).collect()
    };
    let all = |own: &str| -> Vec<String> {
        let text = format!(
            "exchange market symbol raw_symbol event_id {own} timestamp_ns received_ns quality issues metadata"
        );
        text.split(' ').map(str::to_owned).collect()
    };
    use crate::model::EventType;
    assert_eq!(
        names(EventType::OrderBook),
        all("depth action first_update_id last_update_id prev_update_id bids asks origin")
    );
    assert_eq!(
        names(EventType::Funding),
        all("rate mark_price index_price interval_ns next_funding_ns")
    );
    assert_eq!(
        names(EventType::Liquidation),
        all("side price average_price quantity status")
    );
    assert_eq!(
        names(EventType::Trade),
        all("native_id price quantity side")
    );
}

#[test]
fn a_funding_state_comes_back_and_what_is_absent_is_null() {
    let mut encoder = FundingEncoder::new(&instrument(), "p").unwrap();
    let full = FundingEvent {
        head: HEAD,
        rate: Some(number("-0.00375")),
        mark_price: Some(number("61837.6")),
        index_price: Some(Decimal::ZERO),
        interval_ns: Some(28_800_000_000_000),
        next_funding: Some(UnixNanos::new(11)),
    };
    encoder.push(&full);
    encoder.push(&FundingEvent {
        rate: None,
        mark_price: None,
        index_price: None,
        interval_ns: None,
        next_funding: None,
        ..full
    });
    let value = encoder.flush(UnixNanos::new(9), |batch| batch.as_bytes().to_vec());
    let table = read(&value.unwrap());
    for (column, expected) in [
        ("rate", "-0.003750000000000000"),
        ("mark_price", "61837.600000000000000000"),
        ("index_price", "0.000000000000000000"),
    ] {
        assert_eq!(decimal_text(&table, column, 0).as_deref(), Some(expected));
        assert_eq!(decimal_text(&table, column, 1), None);
    }
    for (column, expected) in [("interval_ns", 28_800_000_000_000), ("next_funding_ns", 11)] {
        assert_eq!(
            [integer(&table, column, 0), integer(&table, column, 1)],
            [Some(expected), None]
        );
    }
}

#[test]
fn a_forced_order_comes_back() {
    let mut encoder = LiquidationEncoder::new(&instrument(), "p").unwrap();
    let mut issues = IssueSet::EMPTY;
    issues.insert(IssueCode::PriceBand);
    let order = LiquidationEvent {
        head: EventHead { issues, ..HEAD },
        side: Side::Sell,
        price: number("61837.6"),
        average_price: Some(number("61800")),
        quantity: number("0.014"),
        status: b"FILLED",
    };
    encoder.push(&order);
    encoder.push(&LiquidationEvent {
        side: Side::Buy,
        average_price: None,
        status: b"",
        ..order
    });
    let value = encoder.flush(UnixNanos::new(9), |batch| batch.as_bytes().to_vec());
    let table = read(&value.unwrap());
    assert_eq!(
        [text(&table, "side", 0), text(&table, "side", 1)],
        ["sell", "buy"]
    );
    assert_eq!(text(&table, "status", 0), "FILLED");
    assert!(table.column_by_name("status").unwrap().is_null(1));
    assert_eq!(
        decimal_text(&table, "average_price", 0).as_deref(),
        Some("61800.000000000000000000")
    );
    assert_eq!(decimal_text(&table, "average_price", 1), None);
    assert_eq!(
        decimal_text(&table, "quantity", 1).as_deref(),
        Some("0.014000000000000000")
    );
    let issues = table.column_by_name("issues").unwrap().as_list::<i32>();
    assert_eq!(issues.value(0).as_string::<i32>().value(0), "price_band");
}

#[test]
fn a_book_of_ten_thousand_levels_is_read() {
    let levels: Vec<Level> = (1..=5_000)
        .map(|units| Level {
            price: Decimal::new(units, 2).unwrap(),
            quantity: Decimal::new(units, 8).unwrap(),
        })
        .collect();
    let table = read(&books(&[book(&levels, &levels)]));
    let found = side(&table, "asks", 0);
    assert_eq!(found.len(), 5_000);
    assert_eq!(found[4_999], (50 * 10_i128.pow(18), 5 * 10_i128.pow(13)));
}

#[test]
fn many_books_are_cut_into_several_record_batches() {
    let levels = vec![level("1", "2"); 5_000];
    let value = books(&[book(&levels, &levels)]);
    let values = vec![value.as_slice(); 300];
    let table = decode(values, None, OnError::Raise).unwrap();
    assert_eq!((table.rows, table.batches.len()), (300, 2));
}

/// An event of one type whose payload is `payload`, under a right checksum.
fn value_of(event_type: proto::EventType, payload: Payload) -> Vec<u8> {
    let event = proto::MarketEvent {
        event_id: vec![1; 16],
        payload: Some(payload),
        ..proto::MarketEvent::default()
    };
    sealed(&batch(1, 1, event_type, vec![event]))
}

#[test]
fn what_must_be_there_must_be_there() {
    let one = || Some(decimal(number("1")));
    let level = |price, quantity| {
        let bids = vec![proto::BookLevel { price, quantity }];
        let book = proto::OrderBook {
            bids,
            ..proto::OrderBook::default()
        };
        fault(&value_of(
            proto::EventType::Orderbook,
            Payload::Orderbook(book),
        ))
    };
    assert_eq!(level(one(), one()), "");
    assert_eq!(level(None, one()), "event 0: price is missing");
    assert_eq!(level(one(), None), "event 0: quantity is missing");
    let beyond = proto::Decimal {
        units: 1,
        scale: 19,
        wide_units: Vec::new(),
    };
    assert!(level(one(), Some(beyond)).contains("quantity is no decimal of 20 digits"));
    let order = |price, quantity| {
        let order = proto::Liquidation {
            price,
            quantity,
            ..proto::Liquidation::default()
        };
        fault(&value_of(
            proto::EventType::Liquidation,
            Payload::Liquidation(order),
        ))
    };
    assert_eq!(order(one(), one()), "");
    assert_eq!(order(None, one()), "event 0: price is missing");
    assert_eq!(order(one(), None), "event 0: quantity is missing");
    let funding = Payload::Funding(proto::Funding::default());
    assert_eq!(fault(&value_of(proto::EventType::Funding, funding)), "");
    let funding = Payload::Funding(proto::Funding::default());
    assert_eq!(
        fault(&value_of(proto::EventType::Orderbook, funding)),
        "event 0: payload must be orderbook, was funding"
    );
}

#[test]
fn a_bad_level_takes_the_levels_before_it_back() {
    let levels = [level("1", "2"), level("3", "4")];
    let good = books(&[book(&levels, &levels)]);
    let mut message = proto::MarketDataBatch::decode(good.as_slice()).unwrap();
    message.crc32c = 0;
    let Some(Payload::Orderbook(book)) = &mut message.events[0].payload else {
        panic!("{message:?}")
    };
    book.asks[1].price = None;
    let bad = sealed(&message);
    let table = decode([good.as_slice(), &bad, &good], None, OnError::Collect).unwrap();
    assert_eq!((table.rows, table.rejected.len()), (2, 1));
    let one = 10_i128.pow(18);
    for row in 0..2 {
        for column in ["bids", "asks"] {
            assert_eq!(
                side(&table.batches[0], column, row),
                [(one, 2 * one), (3 * one, 4 * one)]
            );
        }
    }
}

proptest! {
    #[test]
    fn a_mutated_book_under_a_right_checksum_never_panics(at in 0_usize..400, byte in any::<u8>()) {
        let levels = [level("61837.63", "0"), level("3", "12345678901234567890.5")];
        let value = books(&[book(&levels, &levels), book(&levels, &[])]);
        let mut body = value[..value.len() - 5].to_vec();
        let at = at % body.len();
        body[at] = byte;
        let crc = crc32c(&body).to_le_bytes();
        body.push(0x7d);
        body.extend_from_slice(&crc);
        let table = decode([body.as_slice()], None, OnError::Collect).unwrap();
        prop_assert_eq!(table.rows, if table.rejected.is_empty() { 2 } else { 0 });
    }

    #[test]
    fn any_level_is_read_as_it_was_written_or_refused(units in any::<i128>(), shift in 0_u32..128, scale in 0_u32..=38) {
        let price = Decimal::new(units >> shift, scale).unwrap_or(Decimal::ZERO);
        let levels = [Level { price, quantity: Decimal::ZERO }];
        let value = books(&[book(&levels, &[])]);
        let expected = price.units_at(18).filter(|units| units.unsigned_abs() < 10_u128.pow(38));
        let found = decode([value.as_slice()], None, OnError::Collect).unwrap();
        let found = found.batches.first().map(|batch| side(batch, "bids", 0)[0].0);
        prop_assert_eq!(found, expected);
    }
}
