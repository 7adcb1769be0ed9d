//! Chunks of our own files, whole and cut. That files of others are read to the same decimals as pyarrow
//! reads is said in `tests/python/property/test_stored_decimals.py`.

use proptest::prelude::*;

use arrow_array::Array;

use super::runs::decode;
use super::*;
use crate::parquet::delta::{Size, encode_numbers};
use crate::parquet::rle;

fn numbers(bytes: &[u8], width: u32, count: usize) -> Option<Vec<u32>> {
    let mut found = Vec::new();
    decode(bytes, width, count, &mut found)?;
    Some(found)
}

proptest! {
    #[test]
    fn numbers_come_back(
        width in 1_u32..=32,
        source in prop::collection::vec((any::<u32>(), 1_usize..40), 0..40),
    ) {
        let mask = u32::MAX >> (32 - width);
        let values: Vec<u32> = source
            .iter()
            .flat_map(|(value, count)| std::iter::repeat_n(value & mask, *count))
            .collect();
        let mut bytes = Vec::new();
        rle::encode(&values, width, &mut bytes);
        prop_assert_eq!(numbers(&bytes, width, values.len()), Some(values));
    }

    #[test]
    fn differences_come_back(
        values in prop::collection::vec(any::<i64>(), 0..300),
        shift in 0_u32..64,
    ) {
        let values: Vec<i64> = values.into_iter().map(|value| value >> shift).collect();
        let mut bytes = Vec::new();
        encode_numbers(&values, Size::Eight, &mut bytes);
        let mut found = Vec::new();
        prop_assert_eq!(delta::decode(&bytes, values.len(), &mut found), Some(()));
        prop_assert_eq!(&found, &values);
        // More than there are, or cut off: nothing, and no panic.
        prop_assert_eq!(delta::decode(&bytes, values.len() + 1, &mut found), None);
        for length in 0..bytes.len().min(40) {
            delta::decode(&bytes[..length], values.len(), &mut found);
        }
    }

    #[test]
    fn whatever_bytes_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), rows in 0_usize..50) {
        for is_optional in [false, true] {
            for is_compressed in [false, true] {
                let chunk = Chunk { bytes: &bytes, rows, is_optional, is_compressed };
                let plain = decimals(chunk, (38, 18), false);
                let coded = decimals(chunk, (38, 18), true);
                for found in [plain, coded, wholes(chunk)].into_iter().flatten() {
                    prop_assert_eq!(found.len(), rows);
                }
            }
        }
    }
}

#[test]
fn of_no_bits_all_numbers_are_zero() {
    // One group of eight, then a run of three.
    assert_eq!(numbers(&[3, 6], 0, 11), Some(vec![0; 11]));
}

#[test]
fn fewer_numbers_than_asked_for_are_nothing() {
    assert_eq!(numbers(&[6, 1], 1, 4), None);
    assert_eq!(numbers(&[3], 1, 8), None);
    assert_eq!(numbers(&[0, 0, 0, 0], 1, 8), None);
}
