//! The columns of a table, taken apart to columns of values.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use super::levels::Levels;
use super::places::Places;

/// The values of one leaf: which they are, and how they are spread over rows.
#[derive(Debug)]
pub(super) struct LeafValues<'a> {
    pub(super) array: ArrayRef,
    pub(super) places: Places<'a>,
    pub(super) levels: Levels,
}

/// Takes a column apart, in the order of the leaves of its tree; `None` where a list is null.
pub(super) fn leaves_of<'a>(array: &ArrayRef, places: &Places<'a>) -> Option<Vec<LeafValues<'a>>> {
    let (offsets, items) = match array.data_type() {
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let items = match list.values().as_struct_opt() {
                Some(items) if items.null_count() == 0 => items.columns().to_vec(),
                Some(_) => return None,
                None => vec![list.values().clone()],
            };
            (list.value_offsets(), items)
        }
        DataType::Map(..) => {
            let map = array.as_map();
            (map.value_offsets(), map.entries().columns().to_vec())
        }
        _ => {
            return Some(vec![LeafValues {
                array: array.clone(),
                places: places.clone(),
                levels: Levels::flat(places.len()),
            }]);
        }
    };
    if array.null_count() > 0 {
        return None;
    }
    let (levels, inner) = spread(offsets, places);
    let leaf = |array| LeafValues {
        array,
        places: inner.clone(),
        levels: levels.clone(),
    };
    Some(items.into_iter().map(leaf).collect())
}

/// Returns how the items of lists are spread over rows, and which they are.
fn spread<'a>(offsets: &[i32], places: &Places<'a>) -> (Levels, Places<'a>) {
    match evenly(offsets, places) {
        Some(has_item @ false) => {
            let levels = Levels::of_equal_lists(places.len(), has_item);
            (levels, Places::Range(0..0))
        }
        Some(has_item @ true) => {
            let levels = Levels::of_equal_lists(places.len(), has_item);
            (levels, places.clone())
        }
        None => {
            let bounds = places.map(|row| (bound(offsets, row), bound(offsets, row + 1)));
            let lengths = bounds.iter().map(|(begin, end)| end.saturating_sub(*begin));
            let levels = Levels::of_lists(lengths.map(|length| length as usize));
            let items = bounds.iter().flat_map(|(begin, end)| *begin..*end);
            (levels, Places::List(Cow::Owned(items.collect())))
        }
    }
}

/// Returns whether each row has an item, that of its own number, or none has any; `None` for all else.
fn evenly(offsets: &[i32], places: &Places<'_>) -> Option<bool> {
    let (begin, offsets) = match places {
        Places::Range(range) => (range.start, offsets.get(range.start..=range.end)?),
        Places::List(_) => (0, offsets),
    };
    if offsets.first() == offsets.last() {
        // They never go down.
        return Some(false);
    }
    let mut rows = (begin..).zip(offsets);
    let has_own = rows.all(|(row, offset)| usize::try_from(*offset) == Ok(row));
    has_own.then_some(true)
}

fn bound(offsets: &[i32], row: usize) -> u32 {
    let bound = offsets.get(row).copied().unwrap_or_default();
    u32::try_from(bound).unwrap_or_default()
}
