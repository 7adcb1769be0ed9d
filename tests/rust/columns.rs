//! Decimals as floats: each the nearest, on every instruction set. Repeats: every one is found.
#![allow(clippy::unwrap_used, reason = "a panic is how a test reports")]

use std::collections::HashSet;

use _core::columns::{Isa, Keys, PLACES, merge_order, repeats, to_f64};
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

/// What a stable sort of all rows by the whole key gives.
fn sorted_order(rows: &[(i64, i64, i64, i32)]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..u32::try_from(rows.len()).unwrap()).collect();
    order.sort_by_key(|place| rows.get(usize::try_from(*place).unwrap()).copied());
    order
}

fn order_of(rows: &[(i64, i64, i64, i32)], ends: &[usize]) -> Option<Vec<u32>> {
    let times: Vec<_> = rows.iter().map(|row| row.0).collect();
    let names: Vec<_> = rows.iter().map(|row| row.1).collect();
    let offsets: Vec<_> = rows.iter().map(|row| row.2).collect();
    let indices: Vec<_> = rows.iter().map(|row| row.3).collect();
    let keys = Keys {
        times: &times,
        names: &names,
        offsets: &offsets,
        indices: &indices,
    };
    merge_order(keys, ends)
}

proptest! {
    #[test]
    fn runs_are_merged_as_a_stable_sort_has_them(
        mut runs in prop::collection::vec(
            prop::collection::vec((0..9_i64, 0..3_i64, 0..3_i64, 0..2_i32), 0..40), 0..6),
        sorts in prop::collection::vec(any::<bool>(), 6),
    ) {
        for (run, sorts) in runs.iter_mut().zip(&sorts) {
            if *sorts {
                run.sort_unstable();
            }
        }
        let mut ends = Vec::new();
        let mut rows = Vec::new();
        for run in runs {
            rows.extend(run);
            ends.push(rows.len());
        }
        let expected = sorted_order(&rows);
        let as_they_lie = || (0..u32::try_from(rows.len()).unwrap()).collect::<Vec<_>>();
        prop_assert_eq!(&order_of(&rows, &ends).unwrap_or_else(as_they_lie), &expected);
        // The ends say where to merge, and never what comes out.
        prop_assert_eq!(&order_of(&rows, &[]).unwrap_or_else(as_they_lie), &expected);
    }
}
