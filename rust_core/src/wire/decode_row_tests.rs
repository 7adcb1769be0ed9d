//! The rows of a store are those of a table, in another form, and say where they came from.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, RecordBatch, StringArray};
use proptest::prelude::*;
use prost::Message;

use super::encode_tests::{batch, sealed};
use super::generated as proto;
use super::generated::market_event::Payload;
use super::*;
use crate::model::EventType;

/// A trade as it is usually written.
fn trade() -> proto::MarketEvent {
    let decimal = |units| proto::Decimal {
        units,
        scale: 2,
        ..Default::default()
    };
    proto::MarketEvent {
        event_id: vec![7; 16],
        native_id: "1234567".to_owned(),
        timestamp_ns: Some(3),
        received_ns: Some(4),
        published_ns: Some(5),
        quality: 1,
        payload: Some(Payload::Trade(proto::Trade {
            price: Some(decimal(6_183_763)),
            quantity: Some(decimal(-12)),
            side: 2,
        })),
        ..Default::default()
    }
}

/// A batch of trades after `change` was made to each of them.
fn changed(count: u32, change: impl Fn(usize, &mut proto::MarketEvent)) -> Vec<u8> {
    let mut events: Vec<_> = (0..count).map(|_| trade()).collect();
    let places = events.iter_mut().enumerate();
    places.for_each(|(index, event)| change(index, event));
    sealed(&batch(count, 9, proto::EventType::Trade, events))
}

fn texts(column: &dyn Array) -> Vec<Option<String>> {
    let text = |names: &StringArray, row: usize| Some(names.value(row).to_owned());
    match column.as_dictionary_opt::<Int32Type>() {
        Some(column) => {
            let names = column.values().as_string::<i32>();
            let keys = column.keys().iter();
            keys.map(|key| text(names, usize::try_from(key?).unwrap()))
                .collect()
        }
        None => {
            let column = column.as_string::<i32>();
            column.iter().map(|text| text.map(str::to_owned)).collect()
        }
    }
}

/// Compares what two forms of the same rows say.
fn assert_same(rows: &RecordBatch, plain: &RecordBatch) {
    assert_eq!(rows.num_columns(), plain.num_columns() + 2);
    for (field, column) in plain.schema().fields().iter().zip(plain.columns()) {
        let found = rows.column_by_name(field.name()).unwrap();
        if found.data_type() == column.data_type() {
            assert_eq!(found, column, "{}", field.name());
        } else {
            assert_eq!(texts(found), texts(column), "{}", field.name());
        }
    }
}

/// Decodes one value in both forms and compares them.
fn both(value: &[u8]) -> Option<RecordBatch> {
    let plain = decode([value], Some(EventType::Trade), OnError::Collect).unwrap();
    let rows = decode_rows([(value, 7)], EventType::Trade).unwrap();
    assert_eq!(rows.rejected, plain.rejected);
    assert_eq!(rows.rows, plain.rows);
    let (rows, plain) = (rows.batches.first()?, plain.batches.first()?);
    assert_same(rows, plain);
    Some(rows.clone())
}

#[test]
fn a_row_says_where_it_came_from() {
    let (long, short, other) = (changed(3, |_, _| {}), changed(1, |_, _| {}), vec![1, 2, 3]);
    let values = [(long.as_slice(), 40), (&other, 41), (&short, 42)];
    let table = decode_rows(values, EventType::Trade).unwrap();
    let rows = &table.batches[0];
    assert_eq!(table.schema, rows.schema());
    let offsets = rows.column_by_name("log_offset").unwrap();
    let offsets: Vec<i64> = offsets.as_primitive::<Int64Type>().values().to_vec();
    let places = rows.column_by_name("log_index").unwrap();
    let places: Vec<i32> = places.as_primitive::<Int32Type>().values().to_vec();
    assert_eq!((offsets, places), (vec![40, 40, 40, 42], vec![0, 1, 2, 0]));
    assert_eq!(table.rejected.len(), 1);
    assert_eq!(table.rejected[0].0, 1);
}

#[test]
fn no_values_give_the_columns_of_the_rows() {
    for event_type in EventType::ALL {
        let empty = decode_rows([], event_type).unwrap();
        let plain = decode([], Some(event_type), OnError::Raise).unwrap();
        let names = |table: &Decoded| -> Vec<String> {
            let fields = table.schema.fields().iter();
            fields.map(|field| field.name().clone()).collect()
        };
        let expected = [names(&plain), vec!["log_offset".into(), "log_index".into()]].concat();
        assert_eq!((names(&empty), empty.rows), (expected, 0));
    }
}

#[test]
fn texts_are_the_same_in_both_forms() {
    let value = changed(9, |index, event| {
        event.quality = i32::try_from(index).unwrap();
        event.native_id = "x".repeat(5 * index);
        event.timestamp_ns = Some(-1);
        event.received_ns = (index != 4).then_some(9);
        event.published_ns = [None, Some(0), Some(-5), Some(i64::MAX)][index % 4];
    });
    let rows = both(&value).unwrap();
    let quality = texts(rows.column_by_name("quality").unwrap());
    assert_eq!(quality[1].as_deref(), Some("perfect"));
    assert_eq!(quality[8].as_deref(), Some("8"));
}

#[test]
fn sides_that_are_not_given_are_null_and_later_ones_are_numbers() {
    let value = changed(4, |index, event| {
        if let Some(Payload::Trade(trade)) = &mut event.payload {
            trade.side = [0, 1, 7, 2][index];
        }
    });
    let rows = both(&value).unwrap();
    let sides = texts(rows.column_by_name("side").unwrap());
    let expected = [None, Some("buy"), Some("7"), Some("sell")];
    assert_eq!(sides, expected.map(|side| side.map(str::to_owned)));
}

proptest! {
    /// Whatever a byte becomes, the short way through a trade reads what the long way does, which is taken
    /// by events that begin with a field no version knows.
    #[test]
    fn the_short_way_reads_what_the_long_way_reads(at in 0_usize..200, byte in any::<u8>()) {
        let mut event = trade().encode_to_vec();
        let at = at % event.len();
        event[at] = byte;
        let with = |event: &[u8]| {
            let mut body = batch(1, 9, proto::EventType::Trade, vec![]).encode_to_vec();
            body.extend_from_slice(&[0x42, u8::try_from(event.len()).unwrap()]);
            body.extend_from_slice(event);
            let crc = crc32c(&body).to_le_bytes();
            body.push(0x7d);
            body.extend_from_slice(&crc);
            body
        };
        let short = with(&event);
        let long = with(&[&[0xf8, 0x01, 0x00], event.as_slice()].concat());
        let read = |value: &[u8]| decode([value], Some(EventType::Trade), OnError::Collect).unwrap();
        let (found, expected) = (read(&short), read(&long));
        prop_assert_eq!(found.batches, expected.batches);
        prop_assert_eq!(found.rejected, expected.rejected);
        both(&short);
    }
}
