//! Round trips through the format, and numbers against PostgreSQL's documented form.

use std::sync::Arc;

use arrow_array::builder::{Int32Builder, ListBuilder, StringBuilder};
use arrow_array::types::Int8Type;
use arrow_array::{
    Array, ArrayRef, Decimal128Array, DictionaryArray, Int64Array, RecordBatch, StringArray,
    TimestampNanosecondArray,
};
use proptest::prelude::*;

use super::numeric::{read_decimal, read_integer, write_decimal, write_integer};
use super::{CopyError, CopyReader, CopyWriter, Kind};

const LIMIT: i128 = 10_i128.pow(38);

fn decimal_field(value: i128) -> Vec<u8> {
    let mut out = Vec::new();
    write_decimal(&mut out, value);
    out
}

fn words(field: &[u8]) -> Vec<i16> {
    let pairs = field[4..].chunks_exact(2);
    pairs
        .map(|pair| i16::from_be_bytes([pair[0], pair[1]]))
        .collect()
}

#[test]
fn numbers_have_the_groups_that_postgresql_documents() {
    let one = 10_i128.pow(18);
    // Count, weight, sign, scale, groups.
    assert_eq!(words(&decimal_field(0)), [0, 0, 0, 18]);
    assert_eq!(words(&decimal_field(one)), [1, 0, 0, 18, 1]);
    assert_eq!(words(&decimal_field(-one)), [1, 0, 0x4000, 18, 1]);
    assert_eq!(words(&decimal_field(10_000 * one)), [1, 1, 0, 18, 1]);
    assert_eq!(
        words(&decimal_field(12_345 * one + one / 4)),
        [3, 1, 0, 18, 1, 2345, 2500]
    );
    assert_eq!(words(&decimal_field(1)), [1, -5, 0, 18, 100]);
    assert_eq!(
        words(&decimal_field(LIMIT - 1)),
        [
            10, 4, 0, 18, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9900
        ]
    );
    let mut out = Vec::new();
    write_integer(&mut out, u64::MAX);
    assert_eq!(words(&out), [5, 4, 0, 0, 1844, 6744, 737, 955, 1615]);
}

proptest! {
    #[test]
    fn every_decimal_comes_back(value in -LIMIT + 1..LIMIT, digits in 0_u32..38) {
        for value in [value, value / 10_i128.pow(digits), value / 10_i128.pow(digits) * 10_i128.pow(digits)] {
            prop_assert_eq!(read_decimal(&decimal_field(value)[4..]).unwrap(), value);
        }
    }

    #[test]
    fn every_whole_number_comes_back(value: u64, shift in 0_u32..64) {
        let mut out = Vec::new();
        write_integer(&mut out, value >> shift);
        prop_assert_eq!(read_integer(&out[4..]).unwrap(), value >> shift);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>, cut in 0_usize..64) {
        let kinds = [Kind::Decimal, Kind::TextMap, Kind::DecimalList, Kind::Int];
        let columns: Vec<_> = kinds.iter().map(|kind| ("c".to_owned(), *kind)).collect();
        let mut reader = CopyReader::new(&columns);
        let mut data = super::HEADER.to_vec();
        data.extend_from_slice(&4_i16.to_be_bytes());
        data.extend_from_slice(&bytes);
        let cut = cut.min(data.len());
        let _ = reader.feed(&data[..cut]).and_then(|()| reader.feed(&data[cut..]));
        let _ = read_decimal(&bytes);
    }
}

#[test]
fn numbers_that_fit_no_column_are_refused() {
    // NaN, 19 digits after the point, more than 38 digits, a fraction of a whole number.
    let fields: [&[i16]; 3] = [
        &[0, 0, -16_384, 0],
        &[1, -5, 0, 19, 10],
        &[1, 9, 0, 0, 9999],
    ];
    for field in fields {
        let bytes: Vec<u8> = field.iter().flat_map(|word| word.to_be_bytes()).collect();
        assert!(
            matches!(read_decimal(&bytes), Err(CopyError::Malformed { .. })),
            "{field:?}"
        );
    }
    assert!(read_integer(&decimal_field(10_i128.pow(17))[4..]).is_err());
    assert!(read_integer(&decimal_field(-10_i128.pow(18))[4..]).is_err());
}

fn table() -> RecordBatch {
    let mut issues = ListBuilder::new(StringBuilder::new());
    issues.append_value([Some("late"), Some("crossed")]);
    issues.append(true);
    issues.append_value([Some("")]);
    let sides: DictionaryArray<Int8Type> =
        vec![Some("buy"), None, Some("sell")].into_iter().collect();
    let prices = Decimal128Array::from(vec![Some(1), None, Some(1 - LIMIT)])
        .with_precision_and_scale(38, 18)
        .unwrap();
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "id",
            Arc::new(Int64Array::from(vec![i64::MIN, 0, i64::MAX])),
        ),
        ("side", Arc::new(sides)),
        ("price", Arc::new(prices)),
        ("issues", Arc::new(issues.finish())),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn pieces(batches: Vec<RecordBatch>, bytes: usize) -> Vec<Vec<u8>> {
    let mut writer = CopyWriter::new(&batches[0].schema(), batches).unwrap();
    std::iter::from_fn(|| writer.next_piece(bytes).unwrap().map(<[u8]>::to_vec)).collect()
}

fn columns_of_table() -> Vec<(String, Kind)> {
    let kinds = [
        ("id", Kind::Long),
        ("side", Kind::Text),
        ("price", Kind::Decimal),
        ("issues", Kind::TextList),
    ];
    kinds.map(|(name, kind)| (name.to_owned(), kind)).to_vec()
}

#[test]
fn rows_come_back_wherever_the_data_is_cut() {
    let data = pieces(vec![table(), table()], 1 << 20).concat();
    assert_eq!(pieces(vec![table(), table()], 40).concat(), data);
    for size in [1, 7, 64, data.len()] {
        let mut reader = CopyReader::new(&columns_of_table());
        for piece in data.chunks(size) {
            reader.feed(piece).unwrap();
        }
        assert!(reader.is_ended());
        let found = reader.take().unwrap();
        let sides = StringArray::from(vec![Some("buy"), None, Some("sell")]);
        for (start, source) in [(0, table()), (3, table())] {
            let some = found.slice(start, 3);
            assert_eq!(some.column(0), source.column(0));
            assert_eq!(some.column(1).as_ref(), &sides as &dyn Array);
            assert_eq!(some.column(2), source.column(2));
            assert_eq!(
                format!("{:?}", some.column(3)),
                format!("{:?}", source.column(3))
            );
        }
    }
}

#[test]
fn times_are_whole_microseconds_since_2000_rounded_down() {
    let times = TimestampNanosecondArray::from(vec![946_684_800_000_000_999, -1]);
    let batch = RecordBatch::try_from_iter([("time", Arc::new(times) as ArrayRef)]).unwrap();
    let data = pieces(vec![batch], 1 << 20).concat();
    let fields: Vec<i64> = [25, 39]
        .map(|at: usize| i64::from_be_bytes(data[at..at + 8].try_into().unwrap()))
        .to_vec();
    assert_eq!(fields, [0, -946_684_800_000_001]);
}

#[test]
fn a_column_without_a_form_and_rows_of_other_columns_are_refused() {
    let mut nested = ListBuilder::new(Int32Builder::new());
    nested.append(true);
    let batch =
        RecordBatch::try_from_iter([("odd", Arc::new(nested.finish()) as ArrayRef)]).unwrap();
    let error = CopyWriter::new(&batch.schema(), vec![batch]).unwrap_err();
    assert!(error.to_string().contains("column odd"), "{error}");
    let data = pieces(vec![table()], 1 << 20).concat();
    let mut reader = CopyReader::new(&[("id".to_owned(), Kind::Long)]);
    assert!(reader.feed(&data).is_err());
    assert!(
        CopyReader::new(&[])
            .feed(b"PGCOPY\n\xff\r\r\0aaaaaaaaaaaaaa")
            .is_err()
    );
}
