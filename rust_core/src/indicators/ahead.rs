//! A long column on one core, whose results are written to memory that another core has made ready.
//!
//! The first write to a page of new memory has the system find and clear one, which takes half as long
//! as a formula that waits for the value before. So a second thread writes to each page first.

use std::num::NonZero;
use std::sync::mpsc::sync_channel;
use std::thread;

use super::dispatch::{Isa, run};
use super::stream::{Formula, cut, cut_mut};

/// Shorter columns are not worth a thread.
const SHORTEST: usize = 1 << 18;
/// Values that are handed over at once.
const PIECE: usize = 1 << 16;
/// Pieces that wait at most: more would have left the caches before they are used.
const MOST_WAITING: usize = 4;
/// Values of a page of memory, or of a part of a larger one.
const PAGE: usize = 512;

/// Whether a column is worth a second thread.
pub(super) fn is_worth(rows: usize) -> bool {
    rows >= SHORTEST
        && thread::available_parallelism().is_ok_and(|cores| cores > NonZero::<usize>::MIN)
}

/// Feeds everything.
pub(super) fn feed<F: Formula<I, O>, const I: usize, const O: usize>(
    isa: Isa,
    formula: &mut F,
    mut inputs: [&[f64]; I],
    mut outputs: [&mut [f64]; O],
) {
    let (sender, ready) = sync_channel(MOST_WAITING);
    thread::scope(|scope| {
        scope.spawn(move || {
            while outputs.first().is_some_and(|output| !output.is_empty()) {
                let mut room: [&mut [f64]; O] =
                    core::array::from_fn(|at| cut_mut(&mut outputs, at, PIECE));
                room.iter_mut().for_each(|column| touch(column));
                if sender.send(room).is_err() {
                    return;
                }
            }
        });
        for room in ready {
            let size = room.first().map_or(0, |column| column.len());
            let own = core::array::from_fn(|at| cut(&mut inputs, at, size));
            run(isa, formula, own, room);
        }
    });
}

/// Writes to each page; what is written is overwritten by a result.
fn touch(column: &mut [f64]) {
    for page in column.chunks_mut(PAGE) {
        if let Some(value) = page.first_mut() {
            *value = 0.0;
        }
    }
}
