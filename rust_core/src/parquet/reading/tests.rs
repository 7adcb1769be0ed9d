//! Chunks of our own files, whole and cut. That files of others are read to the same decimals as pyarrow
//! reads is said in `tests/python/property/test_stored_decimals.py`.

use proptest::prelude::*;

use super::runs::decode;
use super::*;
use crate::parquet::rle;

fn numbers(bytes: &[u8], width: u32, count: usize) -> Option<Vec<u32>> {
    let mut found = Vec::new();
    decode(bytes, width, count, |value| found.push(value))?;
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
    fn whatever_bytes_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), rows in 0_usize..50) {
        for is_optional in [false, true] {
            for is_compressed in [false, true] {
                let found = decimals(Chunk { bytes: &bytes, rows, is_optional, is_compressed });
                if let Some(found) = found {
                    prop_assert_eq!(found.values().len(), rows);
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
