//! The order of rows by time.

use arrow_buffer::NullBuffer;

/// Returns which row comes first, second and so on, or `None` when the rows lie in order already.
///
/// Rows of one time keep their order; rows without a time come last. Cheap where runs of rows are
/// sorted, as those of an instrument are.
#[must_use]
pub fn time_order(times: &[i64], valid: Option<&NullBuffer>) -> Option<Vec<u32>> {
    let valid = valid.filter(|valid| valid.null_count() > 0);
    if valid.is_none() && times.is_sorted() {
        return None;
    }
    let mut known = Vec::with_capacity(times.len());
    let mut unknown = Vec::new();
    for (place, (row, time)) in (0_u32..).zip(times.iter().enumerate()) {
        if valid.is_none_or(|valid| valid.is_valid(row)) {
            known.push((*time, place));
        } else {
            unknown.push(place);
        }
    }
    known.sort_by_key(|(time, _)| *time);
    let known = known.into_iter().map(|(_, place)| place);
    Some(known.chain(unknown).collect())
}
