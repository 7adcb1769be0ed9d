//! The loops over a tile. Each is written with an index over slices cut to one length, so that it is
//! compiled into vector instructions without a check an element.
#![expect(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "every slice was cut to the length of the loop at its beginning"
)]

use super::ladder::Merge;
use super::taps::Tap;

/// A part of each window of a tile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a, const C: usize>(pub(super) [&'a [f64]; C], pub(super) Tap);

/// Writes the columns of each value.
#[inline(always)]
pub(super) fn describe_all<const I: usize, const C: usize>(
    inputs: [&[f64]; I],
    columns: [&mut [f64]; C],
    describe: impl Fn([f64; I]) -> [f64; C],
) {
    let count = columns[0].len();
    let inputs = inputs.map(|input| &input[..count]);
    let columns = columns.map(|column| &mut column[..count]);
    for at in 0..count {
        let described = describe(load(&inputs, at));
        for column in 0..C {
            columns[column][at] = described[column];
        }
    }
}

/// Merges each four neighbours among values; the first three begin none.
#[inline(always)]
pub(super) fn merge_described<M: Merge<C, A>, const I: usize, const C: usize, const A: usize>(
    inputs: [&[f64]; I],
    merged: [&mut [f64]; C],
    describe: impl Fn([f64; I]) -> [f64; C],
) {
    let count = merged[0].len();
    let [d, c, b, a] = [0, 1, 2, 3].map(|from| inputs.map(|input| &input[from..from + count]));
    let merged = merged.map(|column| &mut column[..count]);
    for at in 0..count {
        let [d, c, b, a] = [&d, &c, &b, &a].map(|values| describe(load(values, at)));
        let four = M::merge(M::merge(d, c, 1.0), M::merge(b, a, 1.0), 2.0);
        for column in 0..C {
            merged[column][at] = four[column];
        }
    }
}

/// Merges four neighbours, the newest first.
#[inline(always)]
pub(super) fn merge_four<M: Merge<C, A>, const C: usize, const A: usize>(
    parts: [[&[f64]; C]; 4],
    merged: [&mut [f64]; C],
    span: f64,
) {
    let count = merged[0].len();
    let [a, b, c, d] = parts.map(|part| part.map(|column| &column[..count]));
    let merged = merged.map(|column| &mut column[..count]);
    for at in 0..count {
        let newer = M::merge(load(&b, at), load(&a, at), span);
        let older = M::merge(load(&d, at), load(&c, at), span);
        let four = M::merge(older, newer, 2.0 * span);
        for column in 0..C {
            merged[column][at] = four[column];
        }
    }
}

/// Writes the totals of a window of `T` parts.
#[inline(always)]
pub(super) fn all<
    M: Merge<C, A>,
    const T: usize,
    const C: usize,
    const A: usize,
    const O: usize,
>(
    parts: &[Part<'_, C>; T],
    outputs: [&mut [f64]; O],
    finish: impl Fn([f64; A]) -> [f64; O],
) {
    let count = outputs[0].len();
    let parts = parts.map(|part| Part(part.0.map(|column| &column[..count]), part.1));
    let outputs = outputs.map(|column| &mut column[..count]);
    for at in 0..count {
        let mut total = M::start(load(&parts[0].0, at), &parts[0].1);
        for part in &parts[1..] {
            total = M::fold(total, load(&part.0, at), &part.1);
        }
        let result = finish(total);
        for column in 0..O {
            outputs[column][at] = result[column];
        }
    }
}

/// Begins the totals of windows of more parts.
#[inline(always)]
pub(super) fn begin<M: Merge<C, A>, const C: usize, const A: usize>(
    parts: &[Part<'_, C>; 4],
    totals: &mut [&mut [f64]; A],
) {
    all::<M, 4, C, A, A>(parts, totals.each_mut().map(|c| &mut **c), |total| total);
}

/// Adds parts to totals.
#[inline(always)]
pub(super) fn go_on<M: Merge<C, A>, const T: usize, const C: usize, const A: usize>(
    parts: &[Part<'_, C>; T],
    totals: &mut [&mut [f64]; A],
) {
    let count = totals[0].len();
    let parts = parts.map(|part| Part(part.0.map(|column| &column[..count]), part.1));
    let totals = totals.each_mut().map(|column| &mut column[..count]);
    for at in 0..count {
        let mut total = core::array::from_fn(|number| totals[number][at]);
        for part in &parts {
            total = M::fold(total, load(&part.0, at), &part.1);
        }
        for number in 0..A {
            totals[number][at] = total[number];
        }
    }
}

/// Writes what the totals come to.
#[inline(always)]
pub(super) fn end<const A: usize, const O: usize>(
    totals: &[&mut [f64]; A],
    outputs: [&mut [f64]; O],
    finish: impl Fn([f64; A]) -> [f64; O],
) {
    let count = outputs[0].len();
    let totals = totals.each_ref().map(|column| &column[..count]);
    let outputs = outputs.map(|column| &mut column[..count]);
    for at in 0..count {
        let result = finish(load(&totals, at));
        for column in 0..O {
            outputs[column][at] = result[column];
        }
    }
}

#[inline(always)]
fn load<const C: usize>(columns: &[&[f64]; C], at: usize) -> [f64; C] {
    core::array::from_fn(|column| columns[column][at])
}
