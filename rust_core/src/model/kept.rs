//! Lists that do not grow for ever.

/// Most ranges of missing ids that a stream remembers of one numbering, and of all earlier ones.
pub const MOST_RANGES: usize = 10_000;

/// Takes the oldest entries out of a list that has more than [`MOST_RANGES`]; returns how many.
pub fn forget_oldest<T>(list: &mut Vec<T>) -> u64 {
    let over = list.len().saturating_sub(MOST_RANGES);
    list.drain(..over);
    over as u64
}
