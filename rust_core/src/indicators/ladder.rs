//! Rolling windows by fours.
//!
//! Rung 0 holds the values; rung k + 1 merges four neighbours of rung k, so that its entry at i covers
//! the 4^(k+1) values that end at i. A window of any length is a few entries side by side: 20 = 5 × 4.
//! A result is thus a function of the values in its window alone, computed in
//! one fixed order: nothing drifts, a spike or NaN is gone when it leaves the window, the cut into
//! calls does not show, and no element waits for the one before it. The cost is about
//! 3 log4(window) merges an element, in plain loops over arrays in the first cache.
//!
//! Before the first value there is NaN, which makes the first window - 1 results NaN by itself.

use core::marker::PhantomData;

use super::passes::{Part, all, begin, describe_all, end, go_on, merge_described, merge_four};
use super::stream::TILE;
use super::taps::{Tap, reach, taps, top_rung};

/// The longest window: a few arrays of it fit in memory.
pub(super) const MAX_WINDOW: u32 = 1 << 24;

/// Entries before its own that a merge of four takes.
const OLDER: usize = 3;

/// How spans of values merge, and how the parts of a window become its total.
///
/// `C` columns describe a span, `A` numbers a total.
pub(super) trait Merge<const C: usize, const A: usize>: Send {
    /// Merges two neighbours of `span` values each.
    fn merge(older: [f64; C], newer: [f64; C], span: f64) -> [f64; C];

    /// Begins a total with the longest part.
    fn start(part: [f64; C], tap: &Tap) -> [f64; A];

    /// Adds a part, which may be any but the first.
    fn fold(total: [f64; A], part: [f64; C], tap: &Tap) -> [f64; A];
}

/// A rolling window.
#[derive(Debug)]
pub(super) struct Ladder<M, const C: usize, const A: usize> {
    rungs: Vec<Rung<C>>,
    taps: Vec<Tap>,
    totals: [Vec<f64>; A],
    /// Entries of a rung beyond the past that it keeps.
    room: usize,
    /// Where the next entries go, behind that past.
    position: usize,
    /// Whether only merges read rung 0, so that most of it need not be written.
    are_values_unread: bool,
    merge: PhantomData<M>,
}

/// Entries that cover 4^k values each, of which the last `reach` are kept.
#[derive(Debug)]
struct Rung<const C: usize> {
    reach: usize,
    columns: [Vec<f64>; C],
}

impl<const C: usize> Rung<C> {
    /// Returns entries, the first of them `back` places before `position`.
    #[inline(always)]
    fn entries(&self, position: usize, back: usize, count: usize) -> [&[f64]; C] {
        let from = (position + self.reach).saturating_sub(back);
        self.columns
            .each_ref()
            .map(|column| column.get(from..from + count).unwrap_or(&[]))
    }

    #[inline(always)]
    fn entries_mut(&mut self, position: usize, count: usize) -> [&mut [f64]; C] {
        let from = position + self.reach;
        self.columns
            .each_mut()
            .map(|column| column.get_mut(from..from + count).unwrap_or(&mut []))
    }
}

impl<M: Merge<C, A>, const C: usize, const A: usize> Ladder<M, C, A> {
    /// Makes the rungs of a window of 1 to [`MAX_WINDOW`] values.
    pub(super) fn new(window: u32) -> Self {
        let taps = taps(window);
        let top = top_rung(window);
        let room = TILE.max(window.next_power_of_two() as usize);
        let rungs = (0..=top).map(|rung| {
            let reach = reach(&taps, rung, top);
            Rung {
                reach,
                columns: core::array::from_fn(|_| vec![f64::NAN; reach + room]),
            }
        });
        Self {
            rungs: rungs.collect(),
            are_values_unread: taps.iter().all(|tap| tap.rung > 0),
            taps,
            totals: core::array::from_fn(|_| super::scratch()),
            room,
            position: 0,
            merge: PhantomData,
        }
    }

    /// Makes room for `count` values and returns where they go; [`Self::roll`] follows.
    #[inline(always)]
    pub(super) fn bottom(&mut self, count: usize) -> [&mut [f64]; C] {
        if self.position + count > self.room {
            for rung in &mut self.rungs {
                for column in &mut rung.columns {
                    column.copy_within(self.position..self.position + rung.reach, 0);
                }
            }
            self.position = 0;
        }
        match self.rungs.first_mut() {
            Some(rung) => rung.entries_mut(self.position, count),
            None => core::array::from_fn(|_| &mut [][..]),
        }
    }

    /// Takes values as `describe` makes them columns, and writes `finish(total)` of the windows that
    /// end at them.
    ///
    /// A window of whole fours has rung 1 made from the inputs: a third less to read and to write.
    #[inline(always)]
    pub(super) fn take<const I: usize, const O: usize>(
        &mut self,
        inputs: [&[f64]; I],
        outputs: [&mut [f64]; O],
        describe: impl Fn([f64; I]) -> [f64; C],
        finish: impl Fn([f64; A]) -> [f64; O],
    ) {
        let count = inputs.first().map_or(0, |input| input.len());
        if self.are_values_unread && count > 2 * OLDER {
            self.merge_inputs(count, inputs, describe);
            self.climb(1, count);
            self.finish(count, outputs, finish);
        } else {
            describe_all(inputs, self.bottom(count), describe);
            self.roll(outputs, finish);
        }
    }

    /// Writes `finish(total)` of the windows that end at the values of [`Self::bottom`].
    #[inline(always)]
    pub(super) fn roll<const O: usize>(
        &mut self,
        outputs: [&mut [f64]; O],
        finish: impl Fn([f64; A]) -> [f64; O],
    ) {
        let count = outputs.first().map_or(0, |output| output.len());
        self.climb(0, count);
        self.finish(count, outputs, finish);
    }

    /// Makes rung 1, and of rung 0 what the first of these values and of the next need.
    #[inline(always)]
    fn merge_inputs<const I: usize>(
        &mut self,
        count: usize,
        inputs: [&[f64]; I],
        describe: impl Fn([f64; I]) -> [f64; C],
    ) {
        let last = count - OLDER;
        let mut room = self.bottom(count);
        for from in [0, last] {
            let some = inputs.map(|input| input.get(from..from + OLDER).unwrap_or(&[]));
            let room = room
                .each_mut()
                .map(|c| c.get_mut(from..from + OLDER).unwrap_or(&mut []));
            describe_all(some, room, &describe);
        }
        let position = self.position;
        if let [lower, upper, ..] = self.rungs.as_mut_slice() {
            let parts = [0, 1, 2, 3].map(|part| lower.entries(position, part, OLDER));
            merge_four::<M, C, A>(parts, upper.entries_mut(position, OLDER), 1.0);
            let merged = upper.entries_mut(position + OLDER, last);
            merge_described::<M, I, C, A>(inputs, merged, describe);
        }
    }

    /// Makes the rungs above rung 0 or 1.
    #[inline(always)]
    fn climb(&mut self, from: usize, count: usize) {
        let position = self.position;
        let mut rungs = self.rungs.iter_mut().skip(from);
        let Some(mut lower) = rungs.next() else {
            return;
        };
        let (mut back, mut span) = if from == 0 { (1, 1.0) } else { (4, 4.0) };
        for upper in rungs {
            let parts = [0, 1, 2, 3].map(|part| lower.entries(position, part * back, count));
            merge_four::<M, C, A>(parts, upper.entries_mut(position, count), span);
            lower = upper;
            back *= 4;
            span *= 4.0;
        }
    }

    #[inline(always)]
    fn finish<const O: usize>(
        &mut self,
        count: usize,
        outputs: [&mut [f64]; O],
        finish: impl Fn([f64; A]) -> [f64; O],
    ) {
        self.fold(count, outputs, finish);
        self.position += count;
    }

    /// Takes five parts in one pass; of more, four at a time, with totals in scratch columns.
    #[inline(always)]
    fn fold<const O: usize>(
        &mut self,
        count: usize,
        outputs: [&mut [f64]; O],
        finish: impl Fn([f64; A]) -> [f64; O],
    ) {
        let (rungs, position) = (&self.rungs, self.position);
        let mut totals = self.totals.each_mut().map(|c| super::first(c, count));
        let part = |tap: &Tap| match rungs.get(tap.rung) {
            Some(rung) => Part(rung.entries(position, tap.offset, count), *tap),
            None => Part([&[][..]; C], *tap),
        };
        let taps = match self.taps.as_slice() {
            [a] => return all::<M, 1, C, A, O>(&[a].map(part), outputs, finish),
            [a, b] => return all::<M, 2, C, A, O>(&[a, b].map(part), outputs, finish),
            [a, b, c] => return all::<M, 3, C, A, O>(&[a, b, c].map(part), outputs, finish),
            [a, b, c, d] => return all::<M, 4, C, A, O>(&[a, b, c, d].map(part), outputs, finish),
            [a, b, c, d, e] => {
                return all::<M, 5, C, A, O>(&[a, b, c, d, e].map(part), outputs, finish);
            }
            [a, b, c, d, rest @ ..] => {
                begin::<M, C, A>(&[a, b, c, d].map(part), &mut totals);
                rest
            }
            [] => return,
        };
        let (fours, rest) = taps.as_chunks::<4>();
        for four in fours {
            go_on::<M, 4, C, A>(&four.each_ref().map(part), &mut totals);
        }
        for one in rest {
            go_on::<M, 1, C, A>(&[one].map(part), &mut totals);
        }
        end(&totals, outputs, finish);
    }
}
