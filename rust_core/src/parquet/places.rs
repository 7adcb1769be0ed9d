//! Which rows of a column are written, in which order.

use std::borrow::Cow;
use std::ops::Range;

/// Rows of an array.
#[derive(Clone, Debug)]
pub(super) enum Places<'a> {
    /// As they lie.
    Range(Range<usize>),
    /// One by one; all of them are there.
    List(Cow<'a, [u32]>),
}

impl Places<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Range(range) => range.len(),
            Self::List(list) => list.len(),
        }
    }

    /// Returns the values of these rows.
    pub(super) fn gather<'v, T: Copy + Default>(&self, values: &'v [T]) -> Cow<'v, [T]> {
        match self {
            Self::Range(range) => Cow::Borrowed(values.get(range.clone()).unwrap_or_default()),
            Self::List(list) => {
                let found = list.iter().map(|place| at(values, *place));
                Cow::Owned(found.collect())
            }
        }
    }

    /// Calls `with` for the value of each of these rows, in order.
    #[inline(always)]
    pub(super) fn each<T: Copy + Default>(&self, values: &[T], mut with: impl FnMut(T)) {
        match self {
            Self::Range(range) => {
                let values = values.get(range.clone()).unwrap_or_default();
                values.iter().for_each(|value| with(*value));
            }
            Self::List(list) => list.iter().for_each(|place| with(at(values, *place))),
        }
    }

    /// Calls `with` for each of these rows, in order.
    #[inline(always)]
    pub(super) fn rows(&self, mut with: impl FnMut(usize)) {
        match self {
            Self::Range(range) => range.clone().for_each(with),
            Self::List(list) => list.iter().for_each(|place| with(*place as usize)),
        }
    }

    /// Returns the first `rows` rows, and the others.
    pub(super) fn split(&self, rows: usize) -> (Places<'_>, Places<'_>) {
        match self {
            Self::Range(range) => {
                let middle = range.end.min(range.start + rows);
                (
                    Places::Range(range.start..middle),
                    Places::Range(middle..range.end),
                )
            }
            Self::List(list) => {
                let (first, others) = list.split_at(rows.min(list.len()));
                let part = |part| Places::List(Cow::Borrowed(part));
                (part(first), part(others))
            }
        }
    }

    /// Returns what `of` says of each row.
    pub(super) fn map<T>(&self, of: impl Fn(usize) -> T) -> Vec<T> {
        match self {
            Self::Range(range) => range.clone().map(of).collect(),
            Self::List(list) => list.iter().map(|place| of(*place as usize)).collect(),
        }
    }

    /// Keeps the rows that have a value.
    pub(super) fn only(&self, is_valid: impl Fn(usize) -> bool) -> Places<'static> {
        let keep = |place: &u32| is_valid(*place as usize);
        Places::List(Cow::Owned(match self {
            Self::Range(range) => {
                let places = u32::try_from(range.start).unwrap_or(u32::MAX)..;
                places.take(range.len()).filter(keep).collect()
            }
            Self::List(list) => list.iter().copied().filter(keep).collect(),
        }))
    }
}

#[inline(always)]
fn at<T: Copy + Default>(values: &[T], place: u32) -> T {
    values.get(place as usize).copied().unwrap_or_default()
}
