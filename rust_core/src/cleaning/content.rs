//! A short check of what came with an id.

use super::continuity::Observation;
use crate::model::Decimal;

/// Odd constants without a pattern (fractions of the golden ratio, pi and e).
const KEYS: [u64; 3] = [
    0x9e37_79b9_7f4a_7c15,
    0x243f_6a88_85a3_08d3,
    0xb7e1_5162_8aed_2a6b,
];

/// Returns 64 bits made from time, price and quantity; never 0. Two events that differ in one of them
/// have the same bits by an accident of 1 in 2^63.
#[inline]
pub(super) fn content_of(seen: &Observation) -> u64 {
    let (price, quantity) = (parts(seen.price), parts(seen.quantity));
    let [first, second, third] = KEYS;
    let scales = u64::from(seen.price.scale()) | (u64::from(seen.quantity.scale()) << 8);
    let amounts = fold(price.0 ^ first, quantity.0 ^ second);
    let time = u64::from_le_bytes(seen.time.get().to_le_bytes());
    let rest = price.1 ^ quantity.1.rotate_left(32) ^ (scales << 48);
    fold(amounts ^ time, rest ^ third) | 1
}

/// Returns the low and the high 64 bits of a decimal's units.
#[inline]
fn parts(decimal: Decimal) -> (u64, u64) {
    let bytes = decimal.units().to_le_bytes();
    let (low, high) = (bytes.first_chunk(), bytes.last_chunk());
    (
        u64::from_le_bytes(low.copied().unwrap_or_default()),
        u64::from_le_bytes(high.copied().unwrap_or_default()),
    )
}

/// Returns both halves of the 128-bit product, one over the other.
#[inline]
fn fold(one: u64, other: u64) -> u64 {
    let bytes = (u128::from(one).wrapping_mul(u128::from(other))).to_le_bytes();
    let (low, high) = (bytes.first_chunk(), bytes.last_chunk());
    u64::from_le_bytes(low.copied().unwrap_or_default())
        ^ u64::from_le_bytes(high.copied().unwrap_or_default())
}
