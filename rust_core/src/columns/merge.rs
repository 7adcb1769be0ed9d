//! The order of rows of several runs, each sorted or nearly, by the key of an answer.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

/// The key by which rows of an answer are ordered, column by column.
#[derive(Debug, Clone, Copy)]
pub struct Keys<'a> {
    /// Nanoseconds.
    pub times: &'a [i64],
    /// The place of the row's exchange, market and symbol among all names.
    pub names: &'a [i64],
    /// The offset of its message.
    pub offsets: &'a [i64],
    /// Its place in the message.
    pub indices: &'a [i32],
}

type Key = (i64, i64, i64, i32);

impl Keys<'_> {
    /// Returns how many rows there are, by the shortest column.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.times
            .len()
            .min(self.names.len())
            .min(self.offsets.len())
            .min(self.indices.len())
    }

    fn key(&self, row: usize) -> Option<Key> {
        Some((
            *self.times.get(row)?,
            *self.names.get(row)?,
            *self.offsets.get(row)?,
            *self.indices.get(row)?,
        ))
    }

    fn is_sorted(&self, begin: usize, end: usize) -> bool {
        (begin..end).is_sorted_by_key(|row| self.key(row))
    }
}

/// Returns the places of rows in order, or `None` when they lie in it already. Equal keys keep
/// their order.
///
/// Runs that are sorted are merged; one that is not is sorted before.
///
/// # Arguments
///
/// * `keys`: of all rows, run after run
/// * `ends`: where each run ends; rows behind the last are a run, too
#[must_use]
pub fn merge_order(keys: Keys<'_>, ends: &[usize]) -> Option<Vec<u32>> {
    let rows = keys.rows();
    if keys.is_sorted(0, rows) {
        return None;
    }
    let mut runs = Vec::with_capacity(ends.len() + 1);
    let mut begin = 0;
    for end in ends.iter().copied().chain([rows]) {
        let end = end.clamp(begin, rows);
        runs.push(Run::new(keys, begin, end));
        begin = end;
    }
    Some(merged(keys, &runs, rows))
}

/// Rows that follow each other in order.
#[derive(Debug)]
struct Run {
    begin: usize,
    end: usize,
    /// Which rows, where they had to be sorted.
    places: Option<Vec<usize>>,
}

impl Run {
    fn new(keys: Keys<'_>, begin: usize, end: usize) -> Self {
        let places = (!keys.is_sorted(begin, end)).then(|| {
            let mut places: Vec<usize> = (begin..end).collect();
            places.sort_by_key(|place| keys.key(*place));
            places
        });
        Self { begin, end, places }
    }

    /// Returns a row by its place in order.
    fn row(&self, step: usize) -> Option<usize> {
        match &self.places {
            Some(places) => places.get(step).copied(),
            None => Some(self.begin + step).filter(|row| *row < self.end),
        }
    }
}

fn merged(keys: Keys<'_>, runs: &[Run], rows: usize) -> Vec<u32> {
    let mut order = Vec::with_capacity(rows);
    let mut heads: BinaryHeap<_> = runs
        .iter()
        .enumerate()
        .filter_map(|(number, run)| {
            let row = run.row(0)?;
            Some(Reverse((keys.key(row)?, number, 0_usize)))
        })
        .collect();
    while let Some(mut head) = heads.peek_mut() {
        let Reverse((_, number, step)) = *head;
        let run = runs.get(number);
        order.extend(
            run.and_then(|run| run.row(step))
                .and_then(|row| u32::try_from(row).ok()),
        );
        let next = run
            .and_then(|run| run.row(step + 1))
            .and_then(|row| keys.key(row));
        match next {
            Some(key) => *head = Reverse((key, number, step + 1)),
            None => {
                let _last = PeekMut::pop(head);
            }
        }
    }
    order
}
