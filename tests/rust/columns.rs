//! Decimals as floats: each the nearest, on every instruction set. Repeats: every one is found.
#![allow(clippy::unwrap_used, reason = "a panic is how a test reports")]

use std::collections::HashSet;

use _core::columns::{Isa, Keys, Names, PLACES, Place, merge_order, repeats, to_f64};
use proptest::prelude::*;

fn bits_of(values: &[i128], isa: Isa) -> Vec<u64> {
    let pairs: Vec<[u64; 2]> = values
        .iter()
        .map(|value| {
            let bits = value.cast_unsigned();
            let low = u64::try_from(bits & u128::from(u64::MAX)).unwrap();
            [low, u64::try_from(bits >> 64).unwrap()]
        })
        .collect();
    to_f64(&pairs, isa).into_iter().map(f64::to_bits).collect()
}

/// What Rust's own parser, which rounds correctly, makes of the digits.
fn expected(values: &[i128]) -> Vec<u64> {
    values
        .iter()
        .map(|value| format!("{value}e-{PLACES}").parse::<f64>().unwrap())
        .map(f64::to_bits)
        .collect()
}

fn check(values: &[i128]) {
    for isa in Isa::all() {
        assert_eq!(bits_of(values, isa), expected(values), "{isa:?} {values:?}");
    }
}

#[test]
fn limits_and_their_neighbours() {
    let mut values = vec![0, i128::MIN, i128::MAX];
    for bits in 0..127 {
        for near in -3..=3_i128 {
            values.push((1_i128 << bits) + near);
            values.push(-(1_i128 << bits) + near);
        }
    }
    for places in 0..38 {
        for near in -3..=3_i128 {
            values.push(10_i128.pow(places) + near);
        }
    }
    check(&values);
}

#[test]
fn the_middle_between_two_floats_goes_to_the_even_one() {
    // An odd number of 54 bits, times a power of two: exactly between two floats.
    let scale = 10_i128.pow(18);
    let mut values = Vec::new();
    for odd in [
        (1_i128 << 53) + 1,
        (1 << 53) + 3,
        (1 << 54) - 1,
        (1 << 54) - 3,
    ] {
        for halves in 0..=18_u32 {
            // Divided by 2^halves the decimal still has no more than 18 places.
            let middle = odd * (scale >> halves);
            for near in -2..=2_i128 {
                values.extend([middle + near, -middle + near]);
            }
        }
    }
    check(&values);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_value(values in prop::collection::vec(any::<i128>(), 1..40), shift in 0..127_u32) {
        let values: Vec<i128> = values.iter().map(|value| value >> shift).collect();
        check(&values);
    }

    /// Prices as venues write them.
    #[test]
    fn short_values(values in prop::collection::vec((any::<i64>(), 0..19_u32), 1..40)) {
        let values: Vec<i128> = values
            .iter()
            .map(|&(digits, places)| i128::from(digits) * 10_i128.pow(18 - places))
            .collect();
        check(&values);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Few times and few ids, so that runs are short and long and much is said again.
    #[test]
    fn repeats_are_all_but_the_first(
        mut times in prop::collection::vec(0..6_i64, 0..120),
        seeds in prop::collection::vec(0..40_u8, 120),
    ) {
        times.sort_unstable();
        let ids: Vec<[u8; 16]> = seeds.iter().take(times.len()).map(|&seed| [seed; 16]).collect();
        let mut seen = HashSet::new();
        let expected: Vec<usize> = (0..times.len())
            .filter(|&place| !seen.insert((times.get(place), ids.get(place))))
            .collect();

        prop_assert_eq!(repeats(&times, &ids), expected);
    }
}

type Row = (i64, u64, i64, i32);

/// What a stable sort of all rows by the whole key gives.
fn sorted_rows(sources: &[Vec<Row>]) -> Vec<(Row, Place)> {
    let mut rows: Vec<(Row, Place)> = (0..)
        .zip(sources)
        .flat_map(|(source, rows)| {
            let places = (0..).map(move |row| Place { source, row });
            rows.iter().copied().zip(places)
        })
        .collect();
    rows.sort_by_key(|(row, _)| *row);
    rows
}

fn order_of(sources: &[Vec<Row>]) -> Option<Vec<Place>> {
    let columns: Vec<_> = sources
        .iter()
        .map(|rows| {
            let times: Vec<_> = rows.iter().map(|row| row.0).collect();
            let names: Vec<_> = rows.iter().map(|row| row.1).collect();
            let offsets: Vec<_> = rows.iter().map(|row| row.2).collect();
            let indices: Vec<_> = rows.iter().map(|row| row.3).collect();
            (times, names, offsets, indices)
        })
        .collect();
    let keys: Vec<_> = columns
        .iter()
        .map(|(times, names, offsets, indices)| Keys {
            times,
            names: match names.as_slice() {
                [first, others @ ..] if others.iter().all(|each| each == first) => {
                    Names::Same(*first)
                }
                _ => Names::Each(names.clone()),
            },
            offsets,
            indices,
        })
        .collect();
    merge_order(&keys)
}

proptest! {
    #[test]
    fn sources_are_merged_as_a_stable_sort_has_them(
        mut sources in prop::collection::vec(
            prop::collection::vec((0..9_i64, 0..3_u64, 0..3_i64, 0..2_i32), 0..40), 0..6),
        sorts in prop::collection::vec(any::<bool>(), 6),
    ) {
        for (rows, sorts) in sources.iter_mut().zip(&sorts) {
            if *sorts {
                rows.sort_unstable();
            }
        }
        let expected: Vec<_> = sorted_rows(&sources).into_iter().map(|(_, place)| place).collect();
        let as_they_lie: Vec<_> = (0..)
            .zip(&sources)
            .flat_map(|(source, rows)| {
                (0..).take(rows.len()).map(move |row| Place { source, row })
            })
            .collect();
        match order_of(&sources) {
            Some(order) => {
                prop_assert_eq!(&order, &expected);
                prop_assert_ne!(order, as_they_lie);
            }
            None => prop_assert_eq!(as_they_lie, expected),
        }
    }
}
