//! A long column in segments, one a core.
//!
//! A window's result is a function of the values in it alone. So a segment may begin with a new formula that
//! was fed the `history` values before it: it writes the bits that the formula would have written
//! that had seen everything, and the formula of the last segment goes on in its place.

use std::num::NonZero;
use std::thread;

use super::dispatch::{Isa, run};
use super::stream::{Formula, TILE, cut, cut_mut};

/// Segments are not shorter: to start a thread takes as long as some thousand values.
const SHORTEST: usize = 1 << 18;
/// More cores than this wait for the memory.
const MOST: usize = 8;

/// What a segment begins with.
pub(super) struct Segments<F> {
    /// Values that a new formula has to see before it is one that has seen everything.
    pub(super) history: usize,
    /// Makes a new formula.
    pub(super) fresh: Box<dyn Fn() -> F + Send + Sync>,
}

impl<F> Segments<F> {
    /// Returns how many segments a column is worth, 1 for most.
    pub(super) fn count_for(&self, rows: usize) -> usize {
        let shortest = SHORTEST.max(self.history.saturating_mul(4));
        let most = rows / shortest;
        if most < 2 {
            return 1;
        }
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        most.min(cores).min(MOST)
    }

    /// Feeds everything, on so many threads.
    pub(super) fn feed<const I: usize, const O: usize>(
        &self,
        isa: Isa,
        formula: &mut F,
        mut inputs: [&[f64]; I],
        mut outputs: [&mut [f64]; O],
        count: usize,
    ) where
        F: Formula<I, O>,
    {
        let all = inputs;
        let rows = inputs.first().map_or(0, |input| input.len());
        let share = rows.div_ceil(count.max(1)).max(1);
        let first = core::array::from_fn(|at| cut(&mut inputs, at, share.min(rows)));
        let room = core::array::from_fn(|at| cut_mut(&mut outputs, at, share));
        let last = thread::scope(|scope| {
            let mut others = Vec::new();
            let mut begin = share;
            while begin < rows {
                let size = share.min(rows - begin);
                let own = core::array::from_fn(|at| cut(&mut inputs, at, size));
                let room = core::array::from_fn(|at| cut_mut(&mut outputs, at, size));
                let from = begin.saturating_sub(self.history);
                let before = all.map(|input| input.get(from..begin).unwrap_or_default());
                others.push(scope.spawn(move || {
                    let mut formula = (self.fresh)();
                    warm(isa, &mut formula, before);
                    run(isa, &mut formula, own, room);
                    formula
                }));
                begin += size;
            }
            run(isa, formula, first, room);
            let ended = others.into_iter().map(thread::ScopedJoinHandle::join);
            ended.last()
        });
        match last {
            Some(Ok(last)) => *formula = last,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => {}
        }
    }
}

impl<F> std::fmt::Debug for Segments<F> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Segments")
            .field("history", &self.history)
            .finish_non_exhaustive()
    }
}

/// Feeds what comes before a segment.
fn warm<F: Formula<I, O>, const I: usize, const O: usize>(
    isa: Isa,
    formula: &mut F,
    mut inputs: [&[f64]; I],
) {
    let mut scratch: [Vec<f64>; O] = core::array::from_fn(|_| vec![0.0; TILE]);
    loop {
        let size = inputs.first().map_or(0, |input| input.len()).min(TILE);
        if size == 0 {
            return;
        }
        let tile = core::array::from_fn(|at| cut(&mut inputs, at, size));
        let room = scratch.each_mut().map(|column| super::first(column, size));
        run(isa, formula, tile, room);
    }
}
