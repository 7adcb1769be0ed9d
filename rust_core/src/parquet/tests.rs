//! Files as they begin and end, and what is refused. That readers get the rows back, pyarrow and polars
//! say, in `tests/python/property/test_parquet_files.py`.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Schema};
use proptest::prelude::*;

use super::*;

fn options() -> Options {
    Options {
        level: 1,
        group_rows: 3,
        statistics: vec!["n".to_owned()],
        notes: Vec::new(),
    }
}

fn batch(name: &str, array: ArrayRef) -> RecordBatch {
    let field = Field::new(name, array.data_type().clone(), true);
    RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![array]).unwrap()
}

fn encoded(batch: &RecordBatch, order: Option<&[u32]>) -> Result<Vec<u8>, ParquetError> {
    encode(
        &batch.schema(),
        std::slice::from_ref(batch),
        order,
        &options(),
    )
}

#[test]
fn a_file_begins_and_ends_as_parquet_does() {
    let file = encoded(
        &batch("n", Arc::new(Int64Array::from(vec![3, 1, 2, 9]))),
        None,
    )
    .unwrap();
    assert_eq!(file.first_chunk(), Some(b"PAR1"));
    let (rest, end) = file.split_last_chunk::<8>().unwrap();
    let [length @ .., b'P', b'A', b'R', b'1'] = end else {
        panic!("{end:?}");
    };
    let footer = rest.len() - usize::try_from(u32::from_le_bytes(*length)).unwrap();
    // Version 2 and ten schema elements' list come first.
    assert_eq!(rest.get(footer..footer + 3), Some(&[0x15, 0x04, 0x19][..]));
}

#[test]
fn a_changed_byte_of_a_page_is_not_read_as_other_numbers() {
    let numbers = vec![Some(7), None, Some(1_000_000)];
    let mut file = encoded(&batch("n", Arc::new(Int64Array::from(numbers))), None).unwrap();
    // A checksum of the one chunk, its count and that of the footer lie before the mark.
    let mark = file.windows(4).position(|bytes| bytes == seal::MARK);
    let pages = 4..mark.unwrap() - 12;
    let (chunk, seal) = file[..mark.unwrap()].split_at(pages.end);
    assert_eq!(seal[..4], crc32fast::hash(&chunk[4..]).to_le_bytes());
    assert_eq!(seal[4..8], 1_u32.to_le_bytes());
    let read = |bytes: &[u8]| {
        wholes(Chunk {
            bytes,
            rows: 3,
            is_optional: true,
            is_compressed: false,
        })
    };
    let whole = read(&file[pages.clone()]).unwrap();
    let mut refused = 0;
    for place in pages.clone() {
        file[place] ^= 4;
        match read(&file[pages.clone()]) {
            Some(found) => assert_eq!(&found, &whole, "{place}"),
            None => refused += 1,
        }
        file[place] ^= 4;
    }
    assert!(refused > pages.len() / 2);
}

#[test]
fn rows_that_are_not_there_are_no_order() {
    let batch = batch("n", Arc::new(Int64Array::from(vec![3, 1])));
    assert!(matches!(
        encoded(&batch, Some(&[2])),
        Err(ParquetError::Order)
    ));
    let both = [batch.clone(), batch.clone()];
    let result = encode(&batch.schema(), &both, Some(&[0]), &options());
    assert!(matches!(result, Err(ParquetError::Order)));
}

#[test]
fn nulls_and_other_types_are_told_apart() {
    let floats = batch("x", Arc::new(Float64Array::from(vec![1.0])));
    assert!(
        matches!(encoded(&floats, None), Err(ParquetError::Unsupported { column, .. }) if column == "x")
    );
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None]));
    let schema = Schema::new(vec![Field::new("t", DataType::Utf8, false)]);
    let result = encode(&schema, &[batch("t", texts)], None, &options());
    assert!(matches!(result, Err(ParquetError::Null { column }) if column == "t"));
}

proptest! {
    #[test]
    fn order_is_stable_and_puts_unknown_times_last(times in prop::collection::vec(prop::option::of(-4_i64..4), 0..60)) {
        let valid: NullBuffer = times.iter().map(Option::is_some).collect::<Vec<_>>().into();
        let values: Vec<i64> = times.iter().map(|time| time.unwrap_or_default()).collect();
        let mut expected: Vec<u32> = (0..).take(times.len()).collect();
        expected.sort_by_key(|place| {
            let time = times[*place as usize];
            (time.is_none(), time)
        });
        let found = time_order(&values, Some(&valid));
        prop_assert_eq!(found.unwrap_or_else(|| (0..).take(times.len()).collect()), expected);
    }

    #[test]
    fn packed_numbers_have_the_bits_of_their_width(values in prop::collection::vec(0_u64..1 << 20, 0..50), more in 0_u32..44) {
        let width = 20 + more;
        let (mut bits, mut out) = (rle::Bits::default(), Vec::new());
        values.iter().for_each(|value| bits.push(*value, width, &mut out));
        bits.finish(&mut out);
        prop_assert_eq!(out.len(), (values.len() * width as usize).div_ceil(8));
        for (place, value) in values.iter().enumerate() {
            let at = |bit: usize| u64::from(out[bit / 8] >> (bit % 8) & 1);
            let begin = place * width as usize;
            let found = (0..width as usize).fold(0, |sum, bit| sum | at(begin + bit) << bit);
            prop_assert_eq!(found, *value);
        }
    }
}
