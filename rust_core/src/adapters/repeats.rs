//! Equal forced orders of one frame: a venue gives them no id, and each is one order.

use bumpalo::collections::Vec as ArenaVec;

use super::Arena;
use crate::model::{RawField, RawLiquidation};

/// Gives each order the number of equal ones before it in the frame: the same symbol and the same bytes.
///
/// What tells an order from others must not depend on where in a frame it stands: another connection
/// may bring it in other company.
pub(super) fn number_repeats<'a>(orders: &mut [RawLiquidation<'a>], arena: &'a Arena) {
    if orders.len() < 2 {
        return;
    }
    let mut sorted = ArenaVec::with_capacity_in(orders.len(), arena);
    sorted.extend(orders.iter_mut());
    // Stable: equal ones keep their order.
    sorted.sort_by_key(|order| key(order));
    let (mut latest, mut repeats) = (None, 0);
    for order in sorted {
        let is_repeated = latest == Some(key(order));
        repeats = if is_repeated { repeats + 1 } else { 0 };
        latest = Some(key(order));
        order.ordinal = repeats;
    }
}

fn key<'a>(order: &RawLiquidation<'a>) -> (&'a [u8], &'a [u8]) {
    let symbol = match order.symbol {
        RawField::Text(symbol) => symbol,
        _ => &[],
    };
    (symbol, order.content)
}
