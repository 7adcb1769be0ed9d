//! The order of rows of several sources, each sorted or nearly, by the key of an answer.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::names::Names;

/// The key by which the rows of a source are ordered, column by column.
#[derive(Debug, Clone)]
pub struct Keys<'a> {
    /// Nanoseconds.
    pub times: &'a [i64],
    /// The place of the row's exchange, market and symbol among all names.
    pub names: Names,
    /// The offset of its message.
    pub offsets: &'a [i64],
    /// Its place in the message.
    pub indices: &'a [i32],
}

/// Where a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Which source it is in.
    pub source: u32,
    /// Its place there.
    pub row: u32,
}

type Key = (i64, u64, i64, i32);

impl Keys<'_> {
    fn rows(&self) -> usize {
        self.times.len()
    }

    #[inline(always)]
    fn key(&self, row: usize) -> Option<Key> {
        Some((
            *self.times.get(row)?,
            self.names.of(row)?,
            *self.offsets.get(row)?,
            *self.indices.get(row)?,
        ))
    }

    fn is_sorted(&self) -> bool {
        (0..self.rows()).is_sorted_by_key(|row| self.key(row))
    }
}

/// Returns the rows of all sources in order, or `None` when source after source lies in it already.
/// Rows of equal keys keep the order of their sources, and theirs there.
///
/// Sources that are sorted are merged; one that is not is sorted before.
#[must_use]
pub fn merge_order(sources: &[Keys<'_>]) -> Option<Vec<Place>> {
    let runs: Vec<Run<'_>> = (0_u32..)
        .zip(sources)
        .filter_map(|(source, keys)| Run::new(source, keys))
        .collect();
    let are_apart = runs.is_sorted_by(|one, next| one.last() <= next.first());
    if are_apart && runs.iter().all(|run| run.places.is_none()) {
        return None;
    }
    Some(merged(&runs))
}

/// Rows of a source that follow each other in order; one or more.
#[derive(Debug)]
struct Run<'a> {
    source: u32,
    keys: &'a Keys<'a>,
    /// Which rows, where they had to be sorted.
    places: Option<Vec<usize>>,
}

impl<'a> Run<'a> {
    fn new(source: u32, keys: &'a Keys<'a>) -> Option<Self> {
        if keys.rows() == 0 {
            return None;
        }
        let places = (!keys.is_sorted()).then(|| {
            let mut places: Vec<usize> = (0..keys.rows()).collect();
            places.sort_by_key(|place| keys.key(*place));
            places
        });
        Some(Self {
            source,
            keys,
            places,
        })
    }

    /// Returns the row that comes at a place of the order.
    #[inline(always)]
    fn row(&self, step: usize) -> usize {
        match &self.places {
            Some(places) => places.get(step).copied().unwrap_or(usize::MAX),
            None => step,
        }
    }

    #[inline(always)]
    fn key(&self, step: usize) -> Option<Key> {
        self.keys.key(self.row(step))
    }

    fn first(&self) -> Option<Key> {
        self.key(0)
    }

    fn last(&self) -> Option<Key> {
        self.key(self.keys.rows().checked_sub(1)?)
    }

    /// Appends rows from `step` on until one comes behind `limit`; returns it and its key.
    ///
    /// The row at `step` is not asked.
    #[inline(always)]
    fn take(
        &self,
        mut step: usize,
        limit: Option<(Key, usize)>,
        number: usize,
        order: &mut Vec<Place>,
    ) -> Option<(Key, usize)> {
        loop {
            order.push(Place {
                source: self.source,
                row: u32::try_from(self.row(step)).unwrap_or(u32::MAX),
            });
            step += 1;
            let key = self.key(step)?;
            if limit.is_some_and(|limit| limit < (key, number)) {
                return Some((key, step));
            }
        }
    }
}

fn merged(runs: &[Run<'_>]) -> Vec<Place> {
    let mut order = Vec::with_capacity(runs.iter().map(|run| run.keys.rows()).sum());
    let mut heads: BinaryHeap<_> = runs
        .iter()
        .enumerate()
        .filter_map(|(number, run)| Some(Reverse((run.first()?, number, 0))))
        .collect();
    while let Some(Reverse((_, number, step))) = heads.pop() {
        let Some(run) = runs.get(number) else { break };
        let limit = heads
            .peek()
            .map(|Reverse((key, number, _))| (*key, *number));
        if let Some((key, step)) = run.take(step, limit, number, &mut order) {
            heads.push(Reverse((key, number, step)));
        }
    }
    order
}
