//! Every indicator: the bits do not depend on how the input is cut, nor on the instruction set.

use super::extreme::Extreme;
use super::segments::Segments;
use super::stream::Formula;
use super::sum::Mean;
use super::variance::Variance;
use super::weighted::WeightedMean;
use super::{Indicator, IndicatorError, Isa, dispatch, make};

const NAMES: [(&str, &[u32], &[f64]); 24] = [
    ("sum", &[20], &[]),
    ("sma", &[21], &[]),
    ("sum", &[256], &[]),
    ("wma", &[7], &[]),
    ("wma", &[48], &[]),
    ("min", &[100], &[]),
    ("max", &[3], &[]),
    ("max", &[80], &[]),
    ("var", &[20, 1], &[]),
    ("std", &[64, 0], &[]),
    ("bollinger", &[20], &[2.0]),
    ("realised_volatility", &[20], &[1.5]),
    ("ema", &[20], &[]),
    ("rsi", &[14], &[]),
    ("macd", &[12, 26, 9], &[]),
    ("atr", &[14], &[]),
    ("vwap", &[20], &[]),
    ("kyle_lambda", &[50], &[]),
    ("autocorrelation", &[30, 2], &[]),
    ("vpin", &[10], &[300.0]),
    ("bar_number", &[], &[1_000.0]),
    ("funding_carry", &[9], &[]),
    ("order_flow_imbalance", &[20], &[]),
    ("microprice", &[], &[]),
];

/// Whole numbers that look random, one of them NaN.
fn column(seed: u32, length: usize) -> Vec<f64> {
    let mut state = seed;
    let mut values: Vec<f64> = (0..length)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(100 + (state >> 22))
        })
        .collect();
    if let Some(value) = values.get_mut(700) {
        *value = f64::NAN;
    }
    values
}

fn run(indicator: &mut dyn Indicator, columns: &[Vec<f64>], cuts: &[usize]) -> Vec<Vec<u64>> {
    let length = columns[0].len();
    let mut results = vec![vec![0.0; length]; indicator.outputs()];
    let mut begin = 0;
    for end in cuts.iter().copied().chain([length]) {
        let inputs: Vec<_> = columns.iter().map(|column| &column[begin..end]).collect();
        let mut outputs: Vec<_> = results.iter_mut().map(|all| &mut all[begin..end]).collect();
        indicator.update(&inputs, &mut outputs).unwrap();
        begin = end;
    }
    let bits = |value: &f64| if value.is_nan() { 0 } else { value.to_bits() };
    let results = results.iter();
    results.map(|all| all.iter().map(bits).collect()).collect()
}

#[test]
fn cuts_and_instruction_sets_do_not_show() {
    let cuts = [0, 1, 2, 8, 14, 21, 44, 511, 512, 514, 700, 701, 1_900];
    for (name, windows, numbers) in NAMES {
        let new = |isa| make(name, windows, numbers, isa).unwrap();
        let inputs = new(Isa::Scalar).inputs();
        let columns: Vec<_> = (1..).take(inputs).map(|seed| column(seed, 2_000)).collect();
        let expected = run(new(Isa::Scalar).as_mut(), &columns, &[]);
        assert!(expected.iter().flatten().any(|bits| *bits != 0), "{name}");
        for isa in Isa::all() {
            assert_eq!(run(new(isa).as_mut(), &columns, &[]), expected, "{name}");
            assert_eq!(run(new(isa).as_mut(), &columns, &cuts), expected, "{name}");
        }
    }
}

#[test]
fn sums_of_whole_numbers_are_exact_for_any_window() {
    let values = column(3, 1_500);
    for window in [1, 2, 3, 4, 15, 16, 17, 63, 64, 65, 300, 699] {
        let mut sum = make("sum", &[window], &[], Isa::best()).unwrap();
        let found = run(sum.as_mut(), std::slice::from_ref(&values), &[100, 101]);
        for (place, bits) in found[0].iter().enumerate() {
            let begin = (place + 1).checked_sub(window as usize);
            let total = begin.map_or(f64::NAN, |begin| values[begin..=place].iter().sum());
            let expected = if total.is_nan() { 0 } else { total.to_bits() };
            assert_eq!(*bits, expected, "window {window} at {place}");
        }
    }
}

#[test]
fn wrong_parameters_and_columns_are_said() {
    let error = |name: &str, windows: &[u32], numbers: &[f64]| {
        make(name, windows, numbers, Isa::Scalar).err().unwrap()
    };
    assert!(matches!(
        error("sma", &[0], &[]),
        IndicatorError::Window { least: 1, .. }
    ));
    assert!(matches!(
        error("sma", &[u32::MAX], &[]),
        IndicatorError::Window { .. }
    ));
    assert!(matches!(
        error("macd", &[9, 9, 3], &[]),
        IndicatorError::Window { least: 10, .. }
    ));
    assert!(matches!(
        error("vpin", &[9], &[f64::NAN]),
        IndicatorError::Number { .. }
    ));
    assert!(matches!(
        error("sma", &[], &[]),
        IndicatorError::Unmade { windows: 0, .. }
    ));

    let mut vwap = make("vwap", &[2], &[], Isa::best()).unwrap();
    let (two, mut three) = ([1.0, 2.0], [0.0; 3]);
    let outcome = vwap.update(&[&two], &mut [&mut three]);
    assert!(matches!(
        outcome,
        Err(IndicatorError::Arrays {
            what: "input",
            expected: 2,
            found: 1
        })
    ));
    let outcome = vwap.update(&[&two, &two], &mut []);
    assert!(matches!(
        outcome,
        Err(IndicatorError::Arrays { what: "output", .. })
    ));
    let outcome = vwap.update(&[&two, &two], &mut [&mut three]);
    assert!(matches!(
        outcome,
        Err(IndicatorError::Lengths {
            expected: 2,
            found: 3
        })
    ));
}

fn in_segments<F: Formula<1, 1>>(
    fresh: impl Fn() -> F + Clone + Send + Sync + 'static,
    history: usize,
) {
    let values = column(3, 5_000);
    let (most, rest) = values.split_at(4_700);
    for count in [1, 2, 3, 7] {
        let segments = Segments {
            history,
            fresh: Box::new(fresh.clone()),
        };
        let (mut whole, mut cut) = (fresh(), fresh());
        let (mut expected, mut found) = (vec![0.0; 5_000], vec![0.0; 5_000]);
        dispatch::run(Isa::best(), &mut whole, [&values], [&mut expected]);
        let (head, tail) = found.split_at_mut(4_700);
        segments.feed(Isa::best(), &mut cut, [most], [head], count);
        // The formula that is left has seen everything, too.
        dispatch::run(Isa::best(), &mut cut, [rest], [tail]);
        let bits = |all: &[f64]| all.iter().map(|each| each.to_bits()).collect::<Vec<_>>();
        let is_nan = |all: &[f64]| all.iter().map(|each| each.is_nan()).collect::<Vec<_>>();
        assert_eq!(is_nan(&found), is_nan(&expected), "{history} {count}");
        let (found, expected): (Vec<_>, Vec<_>) = found
            .into_iter()
            .zip(expected)
            .filter(|(one, _)| !one.is_nan())
            .unzip();
        assert_eq!(bits(&found), bits(&expected), "{history} {count}");
    }
}

#[test]
fn segments_do_not_show() {
    for window in [1, 2, 5, 20, 64, 300] {
        let history = window as usize - 1;
        in_segments(move || Mean::new(window), history);
        in_segments(move || Variance::<true>::new(window, 0), history);
        in_segments(move || Extreme::<true>::new(window), history);
        in_segments(move || WeightedMean::new(window), history);
    }
}

#[test]
fn memory_made_ready_by_another_thread_does_not_show() {
    let columns: Vec<_> = (1..4).map(|seed| column(seed, 270_000)).collect();
    let cuts: Vec<_> = (1..4).map(|part| part * 70_000).collect();
    for (name, windows) in [("ema", &[20][..]), ("macd", &[12, 26, 9]), ("atr", &[14])] {
        let new = || make(name, windows, &[], Isa::best_for(name)).unwrap();
        let columns = columns.get(..new().inputs()).unwrap();
        // Its parts are too short for a second thread.
        let expected = run(new().as_mut(), columns, &cuts);
        assert!(run(new().as_mut(), columns, &[]) == expected, "{name}");
    }
}

#[test]
fn short_columns_are_one_segment() {
    let segments = Segments {
        history: 19,
        fresh: Box::new(|| Mean::new(20)),
    };
    assert_eq!(segments.count_for(100_000), 1);
}
